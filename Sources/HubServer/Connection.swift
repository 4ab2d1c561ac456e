import Hub
import Platform
import TLS
import Wire

/// One client's connection. Owned by one loop, touched by its thread only.
///
/// It has one request in hand at a time; the next one, pipelined or not, is looked at when that is
/// answered. So its messages are stored in the order in which they came.
final class Connection {
    /// Where its request is.
    enum Phase: Equatable {
        /// The head is awaited, or arriving.
        case head
        /// The head is there; this many bytes, head included, make the request whole.
        case body(Int)
        /// The head is there; the body comes in chunks.
        case chunks
        /// All of it is there: a body of so many bytes, and of how many the request is made.
        case whole(body: Int, request: Int)
        /// Another thread has it: the writer or the admin reader.
        case called
        /// A pull waits for messages.
        case waiting
        /// The answer goes on: whatever the hub has to tell is sent.
        case streaming
        /// The last answer is given: what still comes is thrown away for a while, so that the
        /// client can read that answer before the connection is reset (RFC 9112, section 9.6).
        case draining
    }

    /// What the answer needs, while another thread has the request.
    enum Call {
        case none
        case publish
        case publishBatch
        case pull(PullCall)
        case operate(Route.Operation, from: Int64)
        /// The first pull of a warehouse, whose start is looked up in the archive.
        case start(AskedPull)
        /// A seek, whose target is looked up in the archive.
        case seek(wid: UInt32, isDry: Bool)
        /// A seek, whose messages are counted in the archive.
        case counted(from: Int64, to: Int64)
        case look
        /// Events, as they come.
        case stream(EventLoop.Stream)
        /// A report of a dead letter, or an order for one.
        case letter
        /// An order for these letters.
        case letters(FoundLetters)
        /// A replay whose copies are being stored; its answer but for what tells of them.
        case replay(begun: [UInt8])
    }

    let socket: Socket
    /// The peer's address, and by it counted as one of its connections.
    let peer: NetworkAddress
    let entered: Caller
    /// The peer is a proxy that is believed whose requests it hands on.
    let isProxy: Bool
    /// Whose request is in hand: the peer's, or behind a trusted proxy whose that tells.
    var address: NetworkAddress
    var caller: Caller
    /// What the answer tells of a limit.
    var quota: Quota?
    var token = Token.reserved(0)

    /// Its TLS, if the hub speaks that and the client has begun it.
    var tls: TLSSession?
    /// It has begun TLS, and not agreed on it yet.
    var isShakingHands: Bool { tls?.isEstablished == false }
    /// The beginning of a record whose rest has not come.
    var sealed = ByteBuffer()
    /// Whom its client certificate stands for.
    var certified: Authority.Holder?
    /// The version of the tokens by which its request was let in.
    var authorityVersion = 0
    /// The version of the hub's certificates that its own was looked at with.
    var tlsVersion = 0
    /// The client has said, by TLS, that it sends no more.
    var hasSaidEnd = false

    /// What came and was not yet used. Empty, and without memory, between requests.
    var input = ByteBuffer()
    /// What could not be sent yet.
    var unsent = ByteBuffer()
    /// A page held back until the writer has moved the index.
    var held = ByteBuffer()

    /// What of these the loop has counted: see `HeldBytes`.
    var ofRequests = Holding()
    var ofAnswers = Holding()

    var parser: RequestParser
    var decoder: ChunkedDecoder?
    var head = RequestHead()
    var route = Route.health
    var principal = Principal.anyone
    /// Whose token the request bears; nil: it needs none.
    var holder: Authority.Holder?
    /// The session that its cookie stands for; nil if it bears none, or did not need it.
    var session: Digest?
    var phase = Phase.head
    var call = Call.none
    var requestID = RequestID.none

    /// Nothing follows this request's answer.
    var closes = false
    /// Its next request is there, but its answers have to be sent first, or others have their turn.
    var isHeldUp = false
    /// Requests taken up since its turn began.
    var turn = 0
    /// The client has sent its last byte.
    var hasEnded = false
    /// What the poller watches for.
    var interest = Interest.read

    /// Monotonic nanoseconds at which `phase` ends; `.max`: never.
    var deadline = UInt64.max
    /// The earliest entry in the loop's timers.
    var nextTimer = UInt64.max
    /// When a body must be whole, whatever its pace.
    var bodyDeadline = UInt64.max
    /// When the client last sent something.
    var received: UInt64 = 0
    /// When the client last took something of its answers; meaningful while `unsent` holds some.
    var taken: UInt64 = 0
    /// When what is in `unsent` must be taken, whatever the client's pace.
    var writeDeadline = UInt64.max

    /// Whether the rest of a request's body is awaited.
    var isSending: Bool {
        switch phase {
        case .body, .chunks: true
        case .head, .whole, .called, .waiting, .streaming, .draining: false
        }
    }

    init(_ socket: consuming Socket, of caller: Caller, isProxy: Bool) {
        peer = socket.peerEndpoint.network
        address = peer
        entered = caller
        self.caller = caller
        self.isProxy = isProxy
        self.socket = socket
        var limits = RequestParser.Limits()
        limits.maxHeadBytes = Limits.headBytes
        limits.maxTargetBytes = Limits.targetBytes
        limits.maxFields = Limits.headFields
        parser = RequestParser(limits: limits)
    }
}

/// How a request is named in its answer and in the log.
enum RequestID {
    case none
    /// The client's own.
    case given(String)
    /// Made here: the loop's prefix and a number.
    case made(UInt64)

    /// As text. Numbers become sixteen hexadecimal digits.
    var text: String {
        switch self {
        case .none: "-"
        case .given(let text): text
        case .made(let number):
            String(repeating: "0", count: number.leadingZeroBitCount / 4)
                + (number == 0 ? "" : String(number, radix: 16))
        }
    }
}

extension ByteBuffer {
    /// Appends a request's name; without making a `String` where the hub made it.
    mutating func append(_ id: RequestID) {
        guard case .made(let number) = id else {
            append(id.text)
            return
        }
        for shift in stride(from: UInt64(60), through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: number >> shift & 0xF)
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
        }
    }
}
