import Foundation

/// What a consumer asks of the hub, and what it makes of the answers.
struct HubCalls: Sendable {
    /// Why a call brought nothing.
    enum Failure: Error, Sendable {
        case refused(HubRefusal)
        /// No answer, or none of a hub: time may mend it.
        case none(String)
        /// The answer is a hub's and cannot be true.
        case senseless(String)
        /// The address, the token or a certificate cannot be used.
        case unusable(String)
        /// The consumer was stopped while it waited.
        case cancelled
    }

    private let wid: Int
    /// Pulls, which may wait long.
    private let line: HTTPSender
    /// Everything else, which must not wait behind them.
    private let side: HTTPSender
    let session: String

    init(
        url: String, wid: Int, token: String?, session: String, _ settings: ConsumeSettings
    ) throws(TransportFailure) {
        self.wid = wid
        self.session = session
        let agent = "\(settings.clientName)/\(settings.clientVersion)"
        line = try HTTPSender(
            base: url, token: token, userAgent: agent, options: settings.connection)
        side = try HTTPSender(
            base: url, token: token, userAgent: agent, options: settings.connection)
    }

    // MARK: Calls

    /// What a pull asks for.
    struct Pull: Sendable {
        var limit = 100
        var waitSeconds = 0
        var leaseSeconds = 60
        var commit: Int?
        var after: Int?
        var takesOver = false
        var start: StartPosition?
        var hub: String?
        var client: [UInt8] = []

        /// For the whole answer: the wait, and what a network and a busy hub may need.
        var timeout: Duration { .seconds(waitSeconds + 15) }
    }

    func pull(_ pull: Pull) async -> Result<PulledPage, Failure> {
        await call(line, "pull", body(pull), timeout: pull.timeout).flatMap { answer in
            do throws(JSONFlaw) {
                return .success(try PulledPage(answer.body))
            } catch {
                return error.isSenseless
                    ? .failure(.senseless("\(error)"))
                    : .failure(.none("the answer is not a hub's: \(error)"))
            }
        }
    }

    private func body(_ pull: Pull) -> [UInt8] {
        var object = JSONObjectText()
        object.add("limit", pull.limit)
        if pull.waitSeconds > 0 { object.add("wait", pull.waitSeconds) }
        object.add("session", session)
        object.add("lease", pull.leaseSeconds)
        object.add("commit", pull.commit)
        object.add("after", pull.after)
        if pull.takesOver { object.add("takeOver", true) }
        switch pull.start {
        case .earliest: object.add("start", "earliest")
        case .archive: object.add("start", "archive")
        case .latest: object.add("start", "latest")
        case .index(let index): object.add("start", index)
        case .id(let id): object.add("start", id)
        case .time(let time):
            object.add("start", Timing(now: { time }).timestamp)
        case nil: break
        }
        object.add("hub", pull.hub)
        object.add("client", json: pull.client)
        return object.finished
    }

    /// Commits, and so renews the lease.
    func commit(_ index: Int) async -> Result<Void, Failure> {
        var object = JSONObjectText()
        object.add("index", index)
        object.add("session", session)
        return await call(side, "commit", object.finished, timeout: .seconds(15)).flatMap {
            // Somebody in between may say "200" to anything.
            Self.isCommitted(index, $0.body)
                ? .success(()) : .failure(.none("the answer to a commit is not a hub's"))
        }
    }

    private static func isCommitted(_ index: Int, _ body: [UInt8]) -> Bool {
        var scanner = JSONScanner(body)
        var committed = -1
        try? scanner.members { name, scanner throws(JSONFlaw) in
            if name == "committed" {
                committed = try scanner.integer()
            } else {
                try scanner.skip()
            }
        }
        return committed >= index
    }

    /// Lets go of the warehouse.
    func release() async -> Result<Void, Failure> {
        var object = JSONObjectText()
        object.add("session", session)
        return await call(side, "release", object.finished, timeout: .seconds(5)).map { _ in }
    }

    /// Letters of one report, and bytes of it: what the hub takes at once.
    static let mostReported = 100
    static let mostReportedBytes = 1 << 20

    /// Tells of dead letters, or how they ended: of one alone in the way that every hub knows.
    ///
    /// - Returns: for each whether the hub has taken it.
    func report(_ reports: [[UInt8]]) async -> Result<[Bool], Failure> {
        if reports.count == 1 {
            return await call(side, "dead-letters", reports[0], timeout: .seconds(10))
                .map { _ in [true] }
        }
        let body = [UInt8(ascii: "[")] + reports.joined(separator: [UInt8(ascii: ",")]) + [0x5D]
        return await call(side, "dead-letters/batch", body, timeout: .seconds(10)).flatMap {
            guard let taken = Self.taken($0.body), taken.count == reports.count else {
                return .failure(.none("the answer to reports is not a hub's"))
            }
            return .success(taken)
        }
    }

    private static func taken(_ body: [UInt8]) -> [Bool]? {
        var scanner = JSONScanner(body)
        var taken: [Bool]?
        try? scanner.members { name, scanner throws(JSONFlaw) in
            guard name == "results" else { return try scanner.skip() }
            var read: [Bool] = []
            try scanner.elements { scanner throws(JSONFlaw) in
                var result = ""
                try scanner.members { name, scanner throws(JSONFlaw) in
                    if name == "result" {
                        result = try scanner.string()
                    } else {
                        try scanner.skip()
                    }
                }
                read.append(result == "taken")
            }
            taken = read
        }
        return taken
    }

    static func report(_ letter: DeadLetter) -> [UInt8] {
        var object = JSONObjectText()
        object.add("id", letter.message.id)
        object.add("index", letter.message.lastIndex)
        object.add("topic", letter.message.topic)
        object.add("state", letter.state.rawValue)
        // Of how it ended no more is needed.
        guard letter.state.isOpen else { return object.finished }
        object.add("key", letter.message.key)
        object.add("body", json: letter.message.body)
        object.add("error", letter.error?.beginning(bytes: DeadLetter.longestError))
        object.add("tries", letter.tries)
        object.add("firstAt", letter.firstAt)
        object.add("lastAt", letter.lastAt)
        return object.finished
    }

    /// The hub's copy of a dead letter; nil: it has none that is open, with a body.
    func letter(_ number: Int) async -> Result<DeadLetter?, Failure> {
        await call(side, HTTPRequest("GET", "/v1/dead-letters/\(number)")).map { answer in
            guard let entry = try? DeadLetterEntry(line: answer.body),
                case .letter(let letter) = entry.event,
                !letter.message.body.isEmpty, letter.message.body != Array("null".utf8)
            else { return nil }
            return letter
        }
    }

    private func call(
        _ sender: HTTPSender, _ verb: String, _ body: [UInt8], timeout: Duration
    ) async -> Result<HTTPAnswer, Failure> {
        await call(
            sender,
            HTTPRequest("POST", "/v1/warehouses/\(wid)/\(verb)", body: body, timeout: timeout))
    }

    private func call(
        _ sender: HTTPSender, _ request: HTTPRequest
    ) async -> Result<HTTPAnswer, Failure> {
        do throws(TransportFailure) {
            let answer = try await sender.perform(request)
            guard answer.status < 300 else { return .failure(.refused(HubRefusal(answer))) }
            return .success(answer)
        } catch {
            switch error.reason {
            case .cancelled: return .failure(.cancelled)
            case .unusable, .insecure: return .failure(.unusable(error.description))
            case .unreachable, .timedOut, .broken, .tooLarge, .other:
                return .failure(.none(error.description))
            }
        }
    }
}

extension ConsumeSettings {
    /// What operators see of this client, as the hub wants it.
    func client(now: Date) -> [UInt8] {
        var object = JSONObjectText()
        object.add("name", clientName)
        if !clientVersion.isEmpty { object.add("version", clientVersion) }
        object.add("host", ProcessInfo.processInfo.hostName)
        object.add("time", Timing(now: { now }).timestamp)
        return object.finished
    }
}
