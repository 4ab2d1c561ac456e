import Glibc
import MessageCenterClient
import Wire

/// Requests to the hub that a command line names, with the hub's errors turned into Swift's.
struct HubConnection {
    private let transport: HTTPTransport

    /// Takes address, token and certificates from the options; nothing is sent yet.
    init(_ arguments: Arguments) throws {
        transport = try HTTPTransport(
            base: arguments[HubOptions.hub], token: HubOptions.token(arguments),
            userAgent: "message-center/\(programVersion)", options: HubOptions.http(arguments))
    }

    /// The hub's address as it was given.
    var address: String { transport.base }

    func get(_ path: String) throws -> HTTPAnswer {
        try request("GET", path)
    }

    func post(_ path: String, _ body: JSONObject? = nil, wait: Int = 0) throws -> HTTPAnswer {
        try request("POST", path, body: body?.bytes, timeout: .seconds(30 + wait))
    }

    func put(_ path: String, _ body: JSONObject) throws -> HTTPAnswer {
        try request("PUT", path, body: body.bytes)
    }

    /// The newest index, told with the line of warehouse `wid`; any will do, known or not.
    func head(wid: Int = 1) throws -> Int {
        let line = try get("/v1/warehouses/\(wid)/messages?after=0&limit=1").json()
        guard let head = line["head"]?.integer else {
            throw UnexpectedAnswer("the hub does not say how many messages it has")
        }
        return head
    }

    /// How often a request is sent that the hub answers 429, and for how many seconds it may ask.
    private static let tries = 5
    private static let longestAsked = 10

    /// Sends a request and gives its answer if it is a good one.
    ///
    /// Who is told that it asks too often waits as long as the hub says, and asks again: with that
    /// answer nothing was done (RFC 6585, section 4).
    ///
    /// - Throws: `HubProblem` for an answer of 400 and above, `TransportFailure` for none.
    func request(
        _ method: String, _ path: String, body: [UInt8]? = nil,
        contentType: String = "application/json", timeout: Duration = .seconds(30)
    ) throws -> HTTPAnswer {
        let request = HTTPRequest(
            method, path, body: body, contentType: contentType, timeout: timeout)
        for _ in 1..<Self.tries {
            let answer = try transport.perform(request)
            guard answer.status == 429, let seconds = answer.retryAfter,
                seconds <= Self.longestAsked
            else { return try Self.good(answer) }
            sleep(UInt32(seconds))
        }
        return try Self.good(try transport.perform(request))
    }

    private static func good(_ answer: HTTPAnswer) throws -> HTTPAnswer {
        guard answer.status < 400 else { throw HubProblem(answer) }
        return answer
    }
}

/// An answer that no hub gives.
struct UnexpectedAnswer: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
