import MessageCenterClient
import Wire

/// Publishes a row of lines batch by batch, one request in flight, so that their order is the
/// hub's order.
struct EventStream {
    let hub: HubConnection
    let resending: Resending
    /// What the lines come from, for messages about them: a file's name.
    let name: String
    private var batch: Batch
    private var ids = MessageIDSource()
    private(set) var published = Published()

    init(hub: HubConnection, resending: Resending, name: String, batchSize: Int) {
        self.hub = hub
        self.resending = resending
        self.name = name
        batch = Batch(limit: batchSize)
    }

    /// Takes one line; sends when a batch is full. True if it sent.
    ///
    /// - Throws: where the line is not a message. Nothing from the unfinished batch on is sent.
    mutating func take(_ line: [UInt8], number: Int) throws -> Bool {
        do throws(MessageLine.Mistake) {
            batch.append(try MessageLine(line) { ids.next() }, number: number)
        } catch {
            throw LineRefused(
                name: name, line: number, why: error.text, firstUnsent: batch.firstLine ?? number)
        }
        guard batch.isFull else { return false }
        try send()
        return true
    }

    /// Sends what is left.
    mutating func finish() throws {
        if !batch.isEmpty { try send() }
    }

    private mutating func send() throws {
        do {
            let answer = try resending.send {
                try hub.request(
                    "POST", "/v1/messages/batch", body: batch.bytes,
                    contentType: "application/x-ndjson", timeout: .seconds(60))
            }
            published.add(try answer.json())
        } catch let problem as HubProblem {
            throw problem.renamed { "\(name), \(batch.place($0))" }
        }
        batch.removeAll()
    }
}

/// What the hub has taken so far.
struct Published {
    private(set) var count = 0
    private(set) var duplicates = 0
    private(set) var firstIndex: Int?
    private(set) var lastIndex: Int?
    private let start = ContinuousClock.now

    /// Adds the answer to one batch.
    mutating func add(_ answer: JSONValue) {
        count += answer["count"]?.integer ?? 0
        duplicates += answer["duplicates"]?.integer ?? 0
        firstIndex = firstIndex ?? answer["firstIndex"]?.integer
        lastIndex = answer["lastIndex"]?.integer ?? lastIndex
    }

    var seconds: Double { (ContinuousClock.now - start).inSeconds }
    var perSecond: Double { Double(count) / max(seconds, 1e-6) }

    /// One line for people.
    var summary: String {
        guard count > 0 else { return "nothing to publish: there was no message" }
        let messages = count == 1 ? "1 message" : "\(grouped(count)) messages"
        let known = duplicates > 0 ? ", \(grouped(duplicates)) of them known already" : ""
        let rate = count > 1 ? ": \(rounded(perSecond)) a second" : ""
        return "published \(messages)\(range)\(known) in \(span(seconds: seconds))\(rate)"
    }

    private var range: String {
        guard let firstIndex, let lastIndex else { return "" }
        guard firstIndex != lastIndex else { return ", index \(grouped(firstIndex))," }
        return ", index \(grouped(firstIndex)) to \(grouped(lastIndex))"
    }

    /// The same for programs.
    var json: JSONObject {
        var object = JSONObject()
        object.add("count", count)
        object.add("duplicates", duplicates)
        object.add("firstIndex", json: firstIndex.map(String.init) ?? "null")
        object.add("lastIndex", json: lastIndex.map(String.init) ?? "null")
        object.add("seconds", json: "\(seconds)")
        object.add("perSecond", json: "\(perSecond)")
        return object
    }
}

/// A line that is no message.
struct LineRefused: Error, CustomStringConvertible {
    let name: String
    let line: Int
    let why: String
    let firstUnsent: Int

    var description: String {
        "\(name), line \(line): \(why); nothing from line \(firstUnsent) on was sent"
    }
}
