import Foundation
import MessageCenterClient
import Platform
import TestSupport
import Testing
import Wire

/// A consumer in a process of its own that ends without a word, by a message or from outside.
@Suite("Consumer, killed", .serialized) struct ConsumerKillTests {
    private let hub: HubProcess
    private let client: RawClient
    private let folder: TemporaryFolder
    private var own: String { folder.path + "/own" }
    private var output: String { folder.path + "/handled" }

    /// A line that the program wrote: one message, or a run, that came to its handler.
    private struct Handled {
        let index: Int
        let key: String
        let topic: String
        let number: Int
    }

    init() throws {
        hub = try HubProcess()
        client = try hub.client()
        folder = try TemporaryFolder()
    }

    private func publish(_ event: String, _ key: String, _ number: Int) throws {
        try client.publish(
            topic: "Item_\(event)", wid: 1, key: key, body: ["n": .number("\(number)")])
    }

    private func start(deadly: String = "", bad: String = "") throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: HubProcess.program).deletingLastPathComponent()
            .appending(path: "CrashingConsumer")
        process.arguments = [hub.url, "1", own, output, deadly, bad]
        process.environment = TestTLS.processEnvironment
        try process.run()
        return process
    }

    /// Starts it again and again, until it ends by itself; how often.
    private func runs(deadly: String = "", bad: String = "") throws -> Int {
        for run in 1...20 {
            let process = try start(deadly: deadly, bad: bad)
            process.waitUntilExit()
            if process.terminationReason == .exit {
                #expect(process.terminationStatus == 0)
                return run
            }
        }
        return .max
    }

    private func handled() throws -> [Handled] {
        guard let text = try? String(contentsOfFile: output, encoding: .utf8) else { return [] }
        return try text.split(separator: "\n").map { line in
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            return Handled(
                index: try #require(Int(words[0])), key: words[1], topic: words[2],
                number: try #require(try JSONValue.parse(words[3])["n"]?.integer))
        }
    }

    private func committed() throws -> Int {
        try client.get("/v1/warehouses/1").integer("committed") ?? -1
    }

    @Test("A message that kills the process is tried ten times in all, then it is a dead letter")
    func crashes() throws {
        try publish("Changed", "before", 1)
        try publish("Changed", "deadly", 2)
        try publish("Changed", "after", 3)
        try publish("Deleted", "deadly", 4)
        #expect(try runs(deadly: "deadly") == 11)
        func count(_ index: Int) throws -> Int { try handled().count { $0.index == index } }
        #expect(try count(2) == 10)
        #expect(try count(1) == 1, "what was done is not done again")
        #expect(try count(3) == 1)
        #expect(try count(4) == 0)
        let letters = try DeadLetters(folder: own)
        #expect(letters.open.map(\.state) == [.dead, .parked])
        #expect(letters.open.first?.tries == 10)
        #expect(try committed() == 4)

        // Retried, it kills ten times more; then it is dead again, and nothing is tried any more.
        try letters.order(.retry, Array(letters.open.prefix(1)))
        #expect(try runs(deadly: "deadly") == 11)
        #expect(try count(2) == 20)
        #expect(try count(4) == 0)
        #expect(try DeadLetters(folder: own).open.map(\.state) == [.dead, .parked])
        #expect(try DeadLetters(folder: own).open.first?.tries == 20)
        #expect(try runs(deadly: "deadly") == 1)
    }

    @Test(
        "Killed anywhere it loses nothing, keeps the order of each key, and has each failure once",
        arguments: [1, 2, 3] as [UInt64])
    func killed(seed: UInt64) throws {
        var random = SplitMix(seed)
        var (state, failures) = ([String: Int](), 0)
        for number in 1...1500 {
            let key = "k\(random.number(1...12))"
            let event = ["Created", "Changed", "Changed", "Changed", "Deleted"]
                .randomElement(using: &random)!
            try publish(event, key, number)
            state[key] = event == "Deleted" ? nil : number
            if key == "k5" { failures += 1 }
        }
        for _ in 1...12 {
            let goal = try handled().count + Int(random.number(1...60))
            let process = try start(bad: "k5")
            #expect(try eventually { try !process.isRunning || handled().count >= goal })
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        #expect(try runs(bad: "k5") == 1)
        #expect(try committed() == 1500)
        let letters = try DeadLetters(folder: own)
        #expect(letters.open.allSatisfy { $0.message.key == "k5" })
        #expect(letters.open.map(\.state).filter { $0 == .dead }.count == 1)
        #expect(letters.open.reduce(0) { $0 + 1 + $1.message.coalesced } == failures)

        // Mended, they come to what a plain replay gives.
        try letters.order(.retry, letters.open)
        #expect(try runs() == 1)
        #expect(try DeadLetters(folder: own).open.isEmpty)
        var (rows, last) = ([String: Int](), [String: Int]())
        for line in try handled() {
            #expect(line.number >= last[line.key, default: 0], "older over newer")
            last[line.key] = line.number
            rows[line.key] = line.topic == "Item_Deleted" ? nil : line.number
        }
        #expect(rows == state)
    }
}
