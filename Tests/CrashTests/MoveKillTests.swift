import Archive
import Foundation
import Platform
import TestSupport
import Testing
import Wire

/// kill -9 at every step on the way to the archive, and while rows are deleted: then each message
/// is in exactly one place, the chain of frames is whole, and the next start goes on.
@Suite(.serialized) struct MoveKillTests {
    /// What was acknowledged: by index, the number in the body.
    private struct Book: Sendable {
        var acknowledged: [Int: Int] = [:]
        var count = 0
    }

    /// Steps that are passed on the way, and how often before the kill.
    private static let steps =
        [
            ArchiveStep.fileMade, .headerWritten, .dataHalfWritten, .written, .synced,
            .folderSynced,
            .readBack,
        ].map { "archive.\($0.rawValue)" } + ["move.settled", "move.committed", "trim.done"]

    private static let arguments = ["--retention", "1s"]

    @Test("Killed at any step", arguments: steps, [0, 3])
    func killed(step: String, passes: Int) throws {
        // A day's file is made once.
        guard passes == 0 || step != "archive.fileMade" else { return }
        let folder = try TemporaryFolder()
        var book = Book()
        try publishUntilKilled(folder, at: "\(step):\(passes)", &book)
        try expectWhole(folder, book)
        // What the crash has left is put in order, and all moves on.
        try publishUntilMoved(folder, &book)
        try expectWhole(folder, book)
    }

    @Test(
        "Killed again while a start puts the files in order",
        arguments: [
            ("archive.dataHalfWritten:2", "archive.fileCut"),
            ("archive.written", "archive.fileRemoved"),
        ])
    func killedAtStart(first: String, second: String) throws {
        let folder = try TemporaryFolder()
        var book = Book()
        try publishUntilKilled(folder, at: first, &book)
        // It may end before it has told that it listens.
        let hub = try? HubProcess(
            folder: folder, arguments: Self.arguments,
            environment: ["MESSAGE_CENTER_KILL_AT": second])
        #expect(eventually { !(hub?.isRunning ?? false) })
        try expectWhole(folder, book)
        try publishUntilMoved(folder, &book)
        try expectWhole(folder, book)
    }

    // MARK: Load

    private func publishUntilKilled(
        _ folder: TemporaryFolder, at place: String, _ book: inout Book
    ) throws {
        let hub = try HubProcess(
            folder: folder, arguments: Self.arguments,
            environment: ["MESSAGE_CENTER_KILL_AT": place])
        let deadline = ContinuousClock.now + .seconds(60)
        do {
            let client = try hub.client()
            while ContinuousClock.now < deadline {
                try publish(client, &book)
                usleep(2000)
            }
        } catch {}
        #expect(eventually { !hub.isRunning }, "\(place) was never passed: \(hub.told)")
    }

    private func publish(_ client: RawClient, _ book: inout Book) throws {
        let size = 1 + book.count % 40
        let numbers = (0..<size).map { book.count + $0 }
        book.count += size
        let lines = numbers.map { #"{"topic":"A_Changed","wid":\#($0 % 5),"body":{"n":\#($0)}}"# }
        let answer = try client.request(
            "POST", "/v1/messages/batch", lines.joined(separator: "\n"),
            type: "application/x-ndjson")
        let first = try #require(answer.integer("firstIndex"), "\(answer.text)")
        for (place, number) in numbers.enumerated() { book.acknowledged[first + place] = number }
    }

    /// Goes on until all that was there is in the archive, and its rows are gone.
    private func publishUntilMoved(_ folder: TemporaryFolder, _ book: inout Book) throws {
        let hub = try HubProcess(folder: folder, arguments: Self.arguments)
        let client = try hub.client()
        try publish(client, &book)
        let head = try #require(try client.metric("message_center_head"))
        #expect(
            try eventually(within: 120) { try client.metric("message_center_border") == head },
            "\(hub.told)")
        #expect(
            try eventually(within: 120) {
                try client.metric("message_center_store_garbage_messages") == 0
            })
        #expect(!hub.told.contains("nothing moves"), "\(hub.told)")
        try follow(client, through: Int(head))
        #expect(try hub.stop().status == 0)
    }

    /// Pulls everything out of archive and store: no gap, no double.
    private func follow(_ client: RawClient, through head: Int) throws {
        for wid in 1...2 {
            var (body, ordinal) = (JSONValue.object([]), 0)
            while true {
                let page = try client.pull(wid, body)
                for message in page.messages {
                    ordinal += 1
                    let isDense = message["ordinal"]?.integer == ordinal
                    #expect(isDense, "\(ordinal)")
                }
                guard page.more == true else { break }
                body = ["commit": .number("\(page.next)")]
            }
        }
    }

    // MARK: Afterwards

    /// Each message in exactly one place, and what was acknowledged is there.
    private func expectWhole(_ folder: TemporaryFolder, _ book: Book) throws {
        let holdings = try Holdings(folder.path)
        var bodies: [Int: String] = [:]
        for message in holdings.all { bodies[Int(message.index)] = message.body }
        #expect(bodies.count == holdings.all.count)
        for (index, number) in book.acknowledged {
            let isThere = bodies[index] == "{\"n\":\(number)}"
            #expect(isThere, "message \(index)")
        }
        #expect(book.acknowledged.count > 20)
    }
}
