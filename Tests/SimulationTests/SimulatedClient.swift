import Hub
import TestSupport

/// A warehouse's program: pulls, commits what it has done, and goes by the answers.
struct SimulatedClient {
    let number: Int
    let wid: UInt32
    private(set) var session: SessionName?
    private var starts = 0
    /// Counts calls; an answer to an earlier one comes too late.
    private(set) var ticket = 0
    private(set) var isWaiting = false
    /// The end of the last page, done and not yet committed.
    private var done: Int64?
    /// The end of the last page, to read ahead from.
    private var ahead: Int64?
    private var wantsTakeOver = false
    /// What the model said when the page came whose end is to be committed.
    private var voids = 0
    private var request: Request = .none

    enum Request {
        case none
        case pull(PullRequest)
        case commit(Int64)
        case release
    }

    init(_ number: Int, wid: UInt32, _ random: inout SplitMix) {
        self.number = number
        self.wid = wid
        start(&random)
    }

    /// The program starts anew, with a new session.
    mutating func start(_ random: inout SplitMix) {
        starts += 1
        session = random.oneIn(12) ? nil : SessionName("c\(number).\(starts)")!
        (done, ahead, wantsTakeOver, isWaiting) = (nil, nil, false, false)
        ticket += 1
    }

    /// What it asks next.
    mutating func ask(_ random: inout SplitMix, _ kinds: Kinds) -> Request {
        ticket += 1
        isWaiting = true
        if let done, random.oneIn(4) {
            request = .commit(done)
        } else if kinds.releases, random.oneIn(40) {
            request = .release
        } else {
            request = .pull(makePull(&random, kinds))
        }
        return request
    }

    private func makePull(_ random: inout SplitMix, _ kinds: Kinds) -> PullRequest {
        var pull = PullRequest(wid: wid)
        pull.session = session
        pull.limit = Int(random.number(1...8))
        pull.waitSeconds = random.oneIn(3) ? 0 : random.number(1...30)
        pull.lease = session != nil && random.oneIn(20) ? 20 : 10
        pull.takeOver = wantsTakeOver
        if random.oneIn(10) { pull.start = 0 }
        if !random.oneIn(4) { pull.commit = done }
        if kinds.filters, random.oneIn(3) { pull.topics = [TopicPattern("A_*")] }
        if kinds.autocommit, random.oneIn(5) {
            pull.autocommit = true
        } else if kinds.readsAhead, random.oneIn(5) {
            pull.after = ahead
        }
        return pull
    }

    /// The answer to call `ticket` has come.
    mutating func answered(
        _ answer: Answer, ticket: Int, _ row: Model.Row, _ trace: Trace, _ random: inout SplitMix
    ) {
        guard ticket == self.ticket, isWaiting else { return }
        isWaiting = false
        let asked = request
        switch answer {
        case .page(let page):
            settled(asked)
            if case .pull(let pull) = asked, !pull.autocommit, pull.after == nil {
                done = page.next
                voids = page.voids
            }
            ahead = page.next
            wantsTakeOver = false
        case .done:
            settled(asked)
        case .refused(let refusal):
            refused(refusal, row, trace, &random)
        case .failed:
            break
        case .gone:
            (done, ahead) = (nil, nil)
        }
    }

    private mutating func settled(_ asked: Request) {
        switch asked {
        case .commit(let index) where done == index: done = nil
        case .pull(let pull) where pull.commit == done: done = nil
        default: break
        }
    }

    private mutating func refused(
        _ refusal: Refusal, _ row: Model.Row, _ trace: Trace, _ random: inout SplitMix
    ) {
        switch refusal {
        case .sessionFenced:
            start(&random)
        case .sessionHeld:
            wantsTakeOver = random.oneIn(3)
        case .notDelivered(let delivered):
            trace.check(
                row.voids != voids,
                "client \(number) of \(wid) may not commit \(done ?? 0), delivered \(delivered)")
            (done, ahead) = (nil, nil)
        case .positionAhead(let head):
            trace.violate("client \(number) of \(wid) is ahead of the head \(head)")
        case .moved:
            trace.violate("a client was told that things moved")
        case .unknownLetter, .letterSettled, .letterParked, .letterLimit:
            trace.violate("a pull was refused for a dead letter")
        case .paused, .retired, .unknownWarehouse, .warehouseLimit:
            break
        }
    }

    /// No answer comes.
    mutating func timeOut() {
        isWaiting = false
    }
}
