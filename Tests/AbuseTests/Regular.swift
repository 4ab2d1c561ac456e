import Platform
import TLS
import TestSupport
import Wire

/// A client that behaves: publishes a message, pulls it and commits it, again and again, on one
/// connection, and minds every answer.
final class Regular: Sendable {
    private struct Course {
        var rounds = 0
        /// Pulls that were refused for want of room, and had to be asked for again.
        var repeats = 0
        var longest: UInt64 = 0
        var complaint: String?
        var isOver = false
    }

    private let course = Locked(Course())
    private let thread: OSThread

    /// - Parameter wid: the warehouse it is, and nobody else.
    init(
        at endpoint: Endpoint, wid: Int = 7001,
        tls: TLSContext? = TestTLS.isOn ? TestTLS.client : nil
    ) throws {
        let (client, course) = (try RawClient(endpoint, tls: tls), course)
        client.timeout = .seconds(10)
        thread = try OSThread.start(name: "regular") {
            var last = 0
            while !course.withLock({ $0.isOver }) {
                let began = MonotonicClock.now()
                do {
                    last = try Self.round(client, wid, after: last) {
                        course.withLock { $0.repeats += 1 }
                    }
                } catch {
                    course.withLock { $0.complaint = "\(error)" }
                    return
                }
                let took = MonotonicClock.now() - began
                course.withLock {
                    $0.rounds += 1
                    $0.longest = max($0.longest, took)
                }
            }
        }
    }

    /// - Returns: the index of the message that went through.
    private static func round(
        _ client: RawClient, _ wid: Int, after last: Int, repeated: () -> Void
    ) throws -> Int {
        func expect(_ isTrue: Bool, _ answer: Answer) throws {
            guard isTrue else {
                throw RawClient.Failure(description: "\(answer.status) \(answer.text)")
            }
        }
        let published = try client.publish(
            topic: "Regular_Said", wid: wid, body: ["after": .number("\(last)")])
        try expect(published.status == 201, published)
        let index = published["index"].integer ?? -1
        var page = try client.pull(wid, ["topics": ["Regular_*"]])
        // Where a starved machine leaves the hub no time to make room, it says so; then it has to.
        if page.status == 503, page["retryable"].boolean == true {
            repeated()
            page = try client.pull(wid, ["topics": ["Regular_*"]])
        }
        try expect(page.status == 200 && page.indexes == [index], page)
        try expect(page.messages[0]["body"]?["after"]?.integer == last, page)
        let committed = try client.post(
            "/v1/warehouses/\(wid)/commit", ["index": .number("\(index)")])
        try expect(committed.status == 200, committed)
        return index
    }

    /// How many rounds it has made.
    var rounds: Int { course.withLock { $0.rounds } }

    var hasComplained: Bool { course.withLock { $0.complaint != nil } }

    /// Ends it. Nil: it was served well, all the time.
    func complaint() -> String? {
        course.withLock { $0.isOver = true }
        thread.join()
        return course.withLock { course in
            if let complaint = course.complaint { return complaint }
            if course.repeats > 3 { return "\(course.repeats) of its pulls were refused" }
            // On a machine that many share a round has its bad moments, but no long ones.
            if course.longest > 5_000_000_000 { return "waited \(course.longest / 1_000_000) ms" }
            return nil
        }
    }
}
