import Archive
import Foundation
import Hub
import HubServer
import Platform
import TestSupport
import Testing
import Wire

/// Messages that grow old move to the archive, by themselves, and are in exactly one place.
@Suite("Messages move to the archive") struct ArchiverTests {
    static let day: Int64 = 86_400_000

    /// Publishes so many messages of some size, every third for all, in one batch.
    static func publish(_ client: RawClient, _ count: Int, size: Int = 20) throws {
        let text = String(repeating: "x", count: size)
        let lines = (0..<count).map { number in
            #"{"topic":"A_Changed","wid":\#(number % 3),"body":{"n":\#(number),"t":"\#(text)"}}"#
        }
        let answer = try client.request(
            "POST", "/v1/messages/batch", lines.joined(separator: "\n"),
            type: "application/x-ndjson")
        #expect(answer.status == 201, "\(answer.text)")
    }

    /// Where the hub's border is.
    static func border(_ client: RawClient) throws -> Int {
        Int(try client.metric("message_center_border") ?? -1)
    }

    @Test("What is older than the retention moves, day by day, to files that zstdcat reads")
    func days() throws {
        let clock = WallClock()
        let hub = try RunningHub(clock: clock)
        let client = try hub.client()
        for day in 1...9 {
            try Self.publish(client, 30 * day)
            clock.offsetMilliseconds += Self.day
        }
        // Two days are older than seven, and the hour that a small frame waits is over.
        #expect(try eventually { try Self.border(client) == 30 + 60 })
        let holdings = try Holdings(hub.folder.path)
        #expect(holdings.all.count == 30 * 45)
        #expect(holdings.frames.count == 2)
        #expect(Set(holdings.frames.map(\.file)).count == 2)
        #expect(try client.metric("message_center_archive_frames") == 2)
        #expect(try client.metric("message_center_archive_messages") == 90)
        #expect(try eventually { try client.metric("message_center_store_garbage_messages") == 0 })
        #expect(try Holdings(hub.folder.path).garbage == 0)
        var lines = 0
        for file in Set(holdings.frames.map(\.file)) {
            let text = try Self.zstdcat("\(hub.folder.path)/archive/\(file)")
            for line in text.split(separator: "\n") {
                let message = try JSONValue.parse(String(line))
                #expect(message["topic"]?.text == "A_Changed")
                lines += 1
            }
        }
        #expect(lines == 90)
    }

    private static func zstdcat(_ path: String) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["zstdcat", path]
        process.standardOutput = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
