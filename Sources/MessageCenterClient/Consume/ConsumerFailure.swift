/// Why a consumer stopped and needs somebody: each says what to do.
public enum ConsumerFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another client has the warehouse.
    case held(by: String, until: String)
    /// The numbers are another hub's, or this one was restored from a backup that lacks some of
    /// what is done here.
    case otherHub(known: String, found: String, forkedAt: Int?, index: Int)
    /// The hub has fewer messages than are done here.
    case positionAhead(index: Int, head: Int)
    /// What comes next is in neither store nor archive.
    case positionGone(index: Int, oldest: Int, head: Int)
    /// An operator has closed the warehouse.
    case retired
    /// The ordinals have a hole.
    case messagesMissing(String)
    /// The hub's answer cannot be true.
    case senseless(String)
    /// A handler did not end when it was cancelled.
    case handlerHangs(messageID: String, topic: String)
    /// There are as many dead and parked messages as there may be.
    case tooManyOpenLetters(count: Int, bytes: Int)
    /// The hub refuses, and would again.
    case refused(status: Int, code: String, detail: String)
    /// The folder cannot be used.
    case folder(String)
    /// Address, token, certificate or a setting cannot be used.
    case unusable(String)

    /// What happened, and what to do.
    public var description: String {
        switch self {
        case .held(let holder, let expires):
            "session \(holder) has this warehouse until \(expires): stop it, wait, or take over"
        case .otherHub(let known, let found, nil, let index):
            "position \(index) is hub \(known)'s, and this is hub \(found), which knows nothing of "
                + "it: check the address, or accept the hub and go on where it says"
        case .otherHub(let known, let found, let forkedAt?, let index):
            "hub \(found) was restored from a backup of hub \(known) that ends at \(forkedAt), and "
                + "here everything up to \(index) is done: compare the data, then accept the hub"
        case .positionAhead(let index, let head):
            "everything up to \(index) is done, but the hub's newest message is \(head): it has "
                + "lost messages, or its data were copied back by hand; ask its operator"
        case .positionGone(let index, let oldest, let head):
            "message \(index + 1) comes next, but the hub's oldest is \(oldest) (its newest is "
                + "\(head)): build the warehouse anew, or move it with 'warehouse seek'"
        case .retired: "an operator has closed this warehouse; 'warehouse revive' opens it again"
        case .messagesMissing(let text):
            "\(text): somebody on the way to the hub changes its answers, or one of us is broken"
        case .senseless(let text):
            "the hub's answer makes no sense (\(text)): somebody on the way to it changes its "
                + "answers, or one of us is broken; nothing of it was handled"
        case .handlerHangs(let id, let topic):
            "the handler of message \(id) (\(topic)) went on though it was cancelled: start this "
                + "program again; the try is counted"
        case .tooManyOpenLetters(let count, let bytes):
            "\(count) messages (\(bytes) bytes) failed, or wait behind one that did: mend it, "
                + "then 'dead-letter retry' or 'dead-letter drop'"
        case .refused(let status, let code, let detail):
            "the hub refuses (\(status) \(code)): \(detail)"
        case .folder(let text), .unusable(let text): text
        }
    }
}
