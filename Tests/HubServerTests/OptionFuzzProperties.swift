// Compiled twice: with the tests, which replay the kept corpora, and by Tests/Fuzz/run together
// with what it reads, as one module.
#if !FUZZING
@testable import HubServer
#endif
import Hub
import Wire

/// What must hold of the readers of requests for any bytes whatever. Each property answers what is
/// broken, or nil.
enum OptionFuzzProperties {
    typealias Property = @Sendable ([UInt8]) -> String?

    /// All of them, by the name of their corpus.
    static let all: [(name: String, holds: Property)] = [
        ("pull", pull), ("options", options), ("messages", messages), ("search", search),
    ]

    /// What came of reading, or the refusal.
    private static func result<Value>(
        _ body: () throws(Problem) -> Value
    ) -> Result<Value, Problem> {
        do { return .success(try body()) } catch { return .failure(error) }
    }

    /// A refusal can be told: it has a status for it, is bounded, and its body is JSON.
    private static func tells(_ problem: Problem) -> String? {
        guard (400...507).contains(problem.status) else { return "status \(problem.status)" }
        guard problem.fields.count <= Limits.errorsTold else { return "too many mistakes are told" }
        var body = ByteBuffer()
        problem.append(to: &body, requestID: "0")
        let bytes = body.withUnsafeBytes { Array($0) }
        guard let json = try? JSONValue.parse(bytes), json["code"]?.text == problem.code else {
            return "the refusal is no JSON"
        }
        return bytes.count < 200_000 ? nil : "the refusal is huge"
    }

    // MARK: Pulls

    /// What is accepted keeps to its bounds, and means the same however the JSON is written.
    static func pull(_ bytes: [UInt8]) -> String? {
        let read = { (bytes: [UInt8]) in
            result { () throws(Problem) in
                try AskedPull(wid: 5, body: bytes.span.bytes, zoneMinutes: 480, wall: 0)
            }
        }
        let asked: AskedPull
        switch read(bytes) {
        case .failure(let problem): return tells(problem)
        case .success(let pull): asked = pull
        }
        let request = asked.request
        guard (1...Limits.pullMessages).contains(request.limit),
            (0...Limits.waitSeconds).contains(request.waitSeconds),
            (0...Limits.integer).contains(request.commit ?? 0),
            (0...Limits.integer).contains(request.after ?? 0),
            Limits.leaseSeconds.contains(request.lease),
            (1...Limits.pullBytes).contains(request.maxBytes),
            request.topics.count <= Limits.patterns, request.topics.allSatisfy(\.isValid),
            !request.takeOver || request.session != nil
        else { return "out of its bounds" }
        guard let value = try? JSONValue.parse(bytes.isEmpty ? Array("{}".utf8) : bytes),
            case .success(let again) = read(Array(value.serialized().utf8))
        else { return "refused when written anew" }
        return "\(again)" == "\(asked)" ? nil : "another pull when written anew"
    }

    // MARK: Options

    /// Everything that a reader of members can be asked, as the readers of commits, seeks, replays,
    /// reports and the rest ask it.
    static func options(_ bytes: [UInt8]) -> String? {
        let found = result { () throws(Problem) in
            var members = try MemberReader(bytes.span.bytes)
            let index = members.integer("index", 0...Limits.integer)
            let flag = members.boolean("dryRun")
            let text = members.text("name", 1...64)
            let error = members.text("error", characters: 1...256)
            let time = members.time("before")
            let id = members.version7("id")
            let token = members.pageToken()
            _ = members.session()
            _ = members.position("to", zoneMinutes: 480)
            _ = members.texts("topics", atMost: 3)
            _ = MessageFilter(stretchOf: &members)
            _ = members.object("client") { inner in
                _ = inner.text("name", 0...128)
                _ = inner.object("client") { _ in 0 }
            }
            try members.finish()
            _ = (flag, error, time)
            return (index: index, text: text, id: id, token: token)
        }
        switch found {
        case .failure(let problem): return tells(problem)
        case .success(let found):
            if let index = found.index, !(0...Limits.integer).contains(index) { return "index" }
            if let text = found.text, !(1...64).contains(text.utf8.count) { return "text" }
            if let id = found.id, !id.isVersion7 { return "version" }
            if let token = found.token, token < 0 { return "token" }
        }
        let each = result { () throws(Problem) in
            try MemberReader.each(of: bytes.span.bytes, atMost: 3, called: "things") {
                (members) throws(Problem) in
                _ = members.integer("index", 1...9)
                try members.finish()
            }
        }
        if case .failure(let problem) = each { return tells(problem) }
        return nil
    }

    // MARK: Messages

    /// A message that is taken is whole, within its bounds, and its body one JSON text.
    static func messages(_ bytes: [UInt8]) -> String? {
        let batch = WriteBatch(loop: 0)
        var reader = MessageReader()
        let read = result { () throws(Problem) in
            var json = JSONReader(bytes.span.bytes)
            try reader.read(&json, into: batch)
            try reader.end(&json)
            try reader.mistakes.check()
        }
        if case .failure(let problem) = read { return tells(problem) }
        guard batch.messages.count == 1, let message = batch.messages.first else { return "none" }
        guard message.wid <= Limits.wid, message.id?.isVersion7 ?? true else { return "bounds" }
        let body = batch.arena.bytes(message.body).map { $0 }
        guard body.count <= Limits.bodyBytes * 6, let value = try? JSONValue.parse(body) else {
            return "the body is no JSON"
        }
        let whole = try? JSONValue.parse(bytes)
        return whole?.members?.first { $0.name.lowercased() == "body" }?.value == value
            ? nil : "another body"
    }

    // MARK: Searches

    /// The parameters of searches, charts and lists.
    static func search(_ bytes: [UInt8]) -> String? {
        let target = Array("/v1/messages?".utf8) + bytes
        let found = result { () throws(Problem) in
            var query = try QueryReader(Target(target.span.bytes))
            let filter = MessageFilter(stretchOf: &query)
            let range = TimeRange(&query, wall: 1_800_000_000_000)
            let start = query.integer("pageToken", 0...Limits.integer)
            let limit = query.integer("limit", 1...Int64(Limits.pullMessages))
            _ = query.word("trend", ["true", "false"])
            try query.finish()
            return (filter: filter, range: range, start: start, limit: limit)
        }
        switch found {
        case .failure(let problem): return tells(problem)
        case .success(let found):
            guard (0...Limits.integer).contains(found.start ?? 0), found.range.milliseconds >= 0,
                (1...Int64(Limits.pullMessages)).contains(found.limit ?? 1),
                found.filter.wid ?? 0 <= Limits.wid, found.filter.topic?.isValid ?? true
            else { return "out of its bounds" }
            return nil
        }
    }
}
