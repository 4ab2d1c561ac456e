import Archive
import Foundation
import Hub
import TestSupport
import Testing

/// What others make of the files who know the format's page only.
@Suite("Archive: other readers")
struct OtherReaderTests {
    private static let hasZstandard =
        (try? run([interpreter, "-c", "import zstandard"]))?.status == 0
    /// Where Debian has Python, with the modules of its packages.
    private static let interpreter = "/usr/bin/python3"
    /// The reader written from the format's page.
    private static let reader = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "read-archive.py").path

    private static func run(_ command: [String]) throws -> ProgramExit {
        try ProgramExit(command: command, environment: ["LC_ALL": "C.UTF-8"])
    }

    private func python(_ shelf: Shelf, _ options: [String] = []) throws -> ProgramExit {
        let files = try shelf.files.map(shelf.path)
        return try Self.run([Self.interpreter, Self.reader] + options + files.reversed())
    }

    @Test("python3-zstandard is installed: run scripts/setup test")
    func installed() {
        #expect(Self.hasZstandard, "the package python3-zstandard is missing: scripts/setup test")
    }

    @Test("The Python reader finds the chain whole and every message", .enabled(if: hasZstandard))
    func python() throws {
        var random = SplitMix(42)
        for messages in [Messages.odd, Messages.random(700, &random)] {
            let shelf = try Shelf()
            let borders = Set(messages.map(\.index).filter { _ in random.oneIn(50) })
            try shelf.add(messages, borders: borders)
            let run = try python(shelf)
            #expect(run.status == 0, "\(run.errors)")
            let digest = shelf.digest.map { String(format: "%02x", $0) }.joined()
            #expect(
                run.errors == "\(Shelf.hub) \(shelf.frames.count) \(messages.count) \(digest)\n")
            let lines = run.bytes.split(separator: 0x0A)
            #expect(lines.count == messages.count)
            for (line, message) in zip(lines, messages) {
                try #expect(members(Array(line)) == members(message), "\(message.index)")
            }
        }
    }

    /// What a line says, as Foundation reads it.
    private func members(_ line: [UInt8]) throws -> NSDictionary {
        try #require(JSONSerialization.jsonObject(with: Data(line)) as? NSDictionary)
    }

    private func members(_ message: StoredMessage) throws -> NSDictionary {
        var members: [String: Any] = [
            "index": message.index, "wid": message.wid, "nth": message.nth,
            "id": text(message.id), "topic": message.topic, "created": time(message.created),
            "occurred": message.occurred.map(time) ?? NSNull(), "key": message.key ?? NSNull(),
            "body": try JSONSerialization.jsonObject(
                with: Data(message.body.utf8), options: .fragmentsAllowed),
        ]
        members["replayOf"] = message.replayOf.map { ["id": text($0.id), "index": $0.index] }
        return members as NSDictionary
    }

    private func text(_ id: MessageID) -> String {
        let digits = String(format: "%016lx%016lx", id.high, id.low)
        var text = ""
        for (place, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(place) { text += "-" }
            text.append(digit)
        }
        return text
    }

    private func time(_ milliseconds: Int64) -> String {
        let second = Int64((Double(milliseconds) / 1000).rounded(.down))
        let formatter = ISO8601DateFormatter()
        let whole = formatter.string(from: Date(timeIntervalSince1970: Double(second)))
        return whole.dropLast() + String(format: ".%03dZ", Int(milliseconds - second * 1000))
    }

    @Test("Unpacked by the Python reader, the lines are those that this program reads")
    func raw() throws {
        try #require(Self.hasZstandard)
        let shelf = try Shelf()
        try shelf.add(Messages.odd, borders: [5])
        let run = try python(shelf, ["--raw"])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.bytes.count == shelf.frames.reduce(0) { $0 + $1.rawLength })
    }

    @Test("The Python reader notices damage, and says where", .enabled(if: hasZstandard))
    func damaged() throws {
        var random = SplitMix(3)
        let shelf = try Shelf()
        try shelf.add(Messages.plain(9), borders: [3, 6])
        let file = shelf.frames[0].file
        let whole = try shelf.bytes(file)
        for _ in 0..<25 {
            var bytes = whole
            let place = Int(random.number(0...Int64(whole.count - 1)))
            bytes[place] ^= UInt8(random.number(1...255))
            try shelf.overwrite(file, bytes)
            let run = try python(shelf)
            #expect(run.status == 1 && run.errors.contains(file), "byte \(place): \(run.errors)")
        }
        for count in [1, 100, 600] {
            try shelf.overwrite(file, Array(whole.dropLast(count)))
            let run = try python(shelf)
            #expect(run.status == 1 && run.errors.contains("cut within"), "\(run.errors)")
        }
        let second = shelf.frames[1].bytes
        try shelf.overwrite(
            file, Array(whole[..<Int(second.lowerBound)] + whole[Int(second.upperBound)...]))
        let run = try python(shelf)
        #expect(run.status == 1 && run.errors.contains("messages 7 to 9"))
        #expect(run.errors.contains("the chain is broken"))
    }

    @Test("zstdcat and jq read the files as they are")
    func pipe() throws {
        let shelf = try Shelf()
        let messages = Messages.plain(30, every: Messages.dayMilliseconds / 10)
        try shelf.add(messages, borders: [4])
        let command =
            "zstdcat \(shelf.folder)/*.jsonl.zst | jq -c 'select(.wid == 2) | .index'"
        let run = try Self.run(["/bin/sh", "-c", command])
        #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
        let expected = messages.filter { $0.wid == 2 }.map { "\($0.index)\n" }.joined()
        #expect(run.output == expected)
        #expect(try shelf.files.count == 3)
    }
}
