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

    /// Sends a request and gives its answer if it is a good one.
    ///
    /// - Throws: `HubProblem` for an answer of 400 and above, `TransportFailure` for none.
    func request(
        _ method: String, _ path: String, body: [UInt8]? = nil,
        contentType: String = "application/json", timeout: Duration = .seconds(30)
    ) throws -> HTTPAnswer {
        let answer = try transport.perform(
            HTTPRequest(method, path, body: body, contentType: contentType, timeout: timeout))
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
