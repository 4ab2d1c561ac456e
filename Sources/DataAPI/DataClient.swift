import Platform
import Wire

/// One client's connection, touched by its loop only. It has one request in hand at a time.
final class DataClient {
    let socket: Socket
    var token = Token.reserved(0)
    var parser = RequestParser()
    /// What came and was not yet used; a head at most, since the parser refuses longer ones.
    var input = ByteBuffer()
    /// The answer, as far as it is not sent.
    var unsent = ByteBuffer()
    /// How much of it the loop has counted.
    var counted = 0
    /// Monotonic nanoseconds at which it has taken too long.
    var deadline: UInt64
    /// The request in hand.
    var requestID = ""
    var isHead = false
    /// The connection ends behind the present answer.
    var closes = false
    /// The poller watches for room to send, not for bytes.
    var awaitsRoom = false
    private var hadBegun = false

    init(_ socket: consuming Socket, deadline: UInt64) {
        self.socket = socket
        self.deadline = deadline
    }

    /// Whether a head has begun to arrive since it was last asked.
    var hasNewHead: Bool {
        defer { hadBegun = parser.hasBegun }
        return parser.hasBegun && !hadBegun
    }

    /// Reads what is there, once.
    func receive(_ scratch: inout ByteBuffer) -> Transfer {
        var transfer = Transfer.closed
        scratch.removeAll()
        scratch.withFreeSpace(minimum: 1) { space in
            transfer = (try? socket.receive(into: space)) ?? .closed
            guard case .bytes(let count) = transfer else { return 0 }
            return count
        }
        input.append(contentsOf: scratch)
        return transfer
    }

    /// Sends what it can; false when the connection is gone.
    func sendSome() -> Bool {
        while !unsent.isEmpty {
            switch unsent.withUnsafeBytes({ (try? socket.send($0)) ?? .closed }) {
            case .bytes(let count): unsent.consume(count)
            case .wouldBlock: return true
            case .closed: return false
            }
        }
        unsent.shrink(to: 0)
        return true
    }

    /// Puts the answer behind what is not sent yet.
    func answer(
        _ status: UInt16, type: StaticString, _ body: borrowing ByteBuffer, retryAfter: Int? = nil
    ) {
        unsent.reserve(body.count + 512)
        unsent.appendStatusLine(status)
        unsent.appendField("Content-Type", type)
        unsent.appendField("Content-Length", decimal: body.count)
        unsent.appendField("X-Request-Id", requestID)
        // What is read now may be otherwise in a moment.
        unsent.appendField("Cache-Control", "no-store")
        if status == 401 { unsent.appendField("WWW-Authenticate", "Bearer") }
        if status == 405 { unsent.appendField("Allow", "GET, HEAD") }
        if let retryAfter { unsent.appendField("Retry-After", decimal: retryAfter) }
        if closes { unsent.appendField("Connection", "close") }
        unsent.endHead()
        if !isHead { unsent.append(contentsOf: body) }
    }

    func text(_ range: ByteRange) -> String {
        input.withUnsafeBytes { String(decoding: $0[range.range], as: UTF8.self) }
    }

    /// Whether the field says `Bearer` and the token. Takes as long for a wrong one as for the
    /// right one of the same length.
    func bears(_ token: [UInt8], _ field: ByteRange) -> Bool {
        guard field.isPresent else { return false }
        let words = text(field).split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "bearer" else { return false }
        let given = Array(words[1].utf8)
        guard given.count == token.count else { return false }
        return zip(given, token).reduce(0) { $0 | $1.0 ^ $1.1 } == 0
    }
}
