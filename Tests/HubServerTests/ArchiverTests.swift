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
        #expect(try eventually(within: 120) { try Self.border(client) == 30 + 60 })
        let holdings = try Holdings(hub.folder.path)
        #expect(holdings.all.count == 30 * 45)
        #expect(holdings.frames.count == 2)
        #expect(Set(holdings.frames.map(\.file)).count == 2)
        #expect(
            try eventually(within: 120) {
                try client.metric("message_center_archive_frames") == 2
            })
        #expect(
            try eventually(within: 120) {
                try client.metric("message_center_archive_messages") == 90
            })
        #expect(
            try eventually(within: 120) {
                try client.metric("message_center_store_garbage_messages") == 0
            })
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

    @Test("Nothing is moved before its time, and a small frame waits for more")
    func notYet() throws {
        let clock = WallClock()
        let hub = try RunningHub(clock: clock)
        let client = try hub.client()
        try Self.publish(client, 10)
        clock.offsetMilliseconds += 7 * Self.day + 3_000_000
        try Self.publish(client, 10)
        // The room is looked at after the archiver has begun: a look of both has passed.
        #expect(
            try eventually(within: 120) { try client.metric("message_center_data_free_bytes")! > 0 }
        )
        #expect(try Self.border(client) == 0)
        // The small frame is late, and takes along what has become due meanwhile.
        clock.offsetMilliseconds += 700_000
        #expect(try eventually(within: 120) { try Self.border(client) == 10 })
        #expect(try Holdings(hub.folder.path).frames.count == 1)
    }

    @Test("A clock that jumps a year ahead and back loses nothing")
    func stepped() throws {
        let clock = WallClock()
        let hub = try RunningHub(clock: clock)
        let client = try hub.client()
        try Self.publish(client, 1000)
        clock.offsetMilliseconds = 365 * Self.day
        #expect(try eventually(within: 120) { try Self.border(client) == 1000 })
        try Self.publish(client, 1000)
        clock.offsetMilliseconds = -365 * Self.day
        try Self.publish(client, 1000)
        #expect(try Holdings(hub.folder.path).all.count == 3000)
        clock.offsetMilliseconds = 373 * Self.day
        #expect(try eventually(within: 120) { try Self.border(client) == 3000 })
        #expect(try Holdings(hub.folder.path).all.count == 3000)
    }

    @Test("A hub that was stopped goes on with the same day's file")
    func restarted() throws {
        let clock = WallClock()
        let folder = try TemporaryFolder()
        var frames = 0
        for round in 1...3 {
            let hub = try RunningHub(folder: folder, clock: clock) { $0.retention.age = 1000 }
            let client = try hub.client()
            try Self.publish(client, 2000)
            #expect(try eventually(within: 120) { try Self.border(client) == 2000 * round })
            let holdings = try Holdings(folder.path)
            #expect(holdings.all.count == 2000 * round)
            #expect(holdings.frames.count > frames)
            frames = holdings.frames.count
            #expect(
                try eventually(within: 120) {
                    try client.metric("message_center_archive_frames") == Double(frames)
                })
            hub.stop()
        }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path + "/archive").count <= 2
        )
    }

    @Test("While all publish and pull, each message is in one place, and every line is whole")
    func underLoad() throws {
        let hub = try RunningHub { $0.retention.age = 1000 }
        let endpoint = hub.endpoint
        let isOver = Locked(false)
        let published = Locked(0)
        let path = hub.folder.path
        _ = try concurrently(6) { number in
            let client = try RawClient(endpoint)
            switch number {
            case 0...2:
                for round in 0..<80 {
                    try Self.publish(client, number == 0 ? 1 : 50 + round % 50, size: 1000)
                    published.withLock { $0 += number == 0 ? 1 : 50 + round % 50 }
                    if number == 0 { OSThread.pause(microseconds: 30_000) }
                }
                if number == 0 { isOver.withLock { $0 = true } }
            case 3, 4:
                try Self.follow(client, wid: number - 2, until: isOver)
            default:
                while !isOver.withLock({ $0 }) {
                    let least = published.withLock { $0 }
                    let holdings = try Holdings(path)
                    #expect(holdings.all.count >= least)
                }
            }
        }
        let client = try hub.client()
        let count = published.withLock { $0 }
        #expect(try eventually(within: 120) { try Self.border(client) == count })
        #expect(try eventually(within: 120) { try Holdings(path).garbage == 0 })
        #expect(try Holdings(path).all.count == count)
        #expect(
            try eventually(within: 120) {
                try client.metric("message_center_archive_move_failures_total") == 0
            })
    }

    /// Pulls and commits; every ordinal follows the one before.
    private static func follow(_ client: RawClient, wid: Int, until isOver: Locked<Bool>) throws {
        var (commit, ordinal, number) = (0, 0, 0)
        var isLast = false
        while true {
            let page = try client.pull(wid, number == 0 ? [:] : ["commit": .number("\(commit)")])
            guard page.status == 200 else {
                Issue.record("\(page.text)")
                return
            }
            for message in page.messages {
                ordinal += 1
                #expect(message["ordinal"]?.integer == ordinal)
            }
            if page.messages.isEmpty, isLast { return }
            isLast = isOver.withLock { $0 }
            commit = page.next
            number += 1
        }
    }

    @Test("The store's file does not grow while days of constant load pass")
    func fileStays() throws {
        let clock = WallClock()
        let hub = try RunningHub(clock: clock)
        let client = try hub.client()
        var sizes: [Int] = []
        for day in 1...24 {
            for _ in 0..<3 { try Self.publish(client, 300, size: 500) }
            clock.offsetMilliseconds += Self.day
            let border = max(0, day - 7) * 900
            #expect(try eventually(within: 120) { try Self.border(client) >= border - 900 })
            #expect(
                try eventually(within: 120) {
                    try client.metric("message_center_store_garbage_messages") == 0
                })
            sizes.append(try Self.bytes(of: hub.folder.path + "/hub.db"))
        }
        #expect(try Holdings(hub.folder.path).all.count == 24 * 900)
        #expect(sizes[23] <= sizes[10] * 21 / 20, "\(sizes)")
    }

    static func bytes(of path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return attributes[.size] as? Int ?? -1
    }

    @Test("A store that is larger than it may be sheds its oldest messages")
    func size() throws {
        let hub = try RunningHub { $0.retention.bytes = 4_000_000 }
        let client = try hub.client()
        for _ in 0..<30 { try Self.publish(client, 500, size: 500) }
        #expect(
            try eventually(within: 120) {
                let border = try Self.border(client)
                let garbage = try client.metric("message_center_store_garbage_messages")
                return border > 7000 && garbage == 0
            })
        let holdings = try Holdings(hub.folder.path)
        #expect(holdings.all.count == 15_000)
        // What is left fills most of what it may take.
        #expect(holdings.stored.count > 3000)
        #expect(
            try eventually(within: 120) { try client.metric("message_center_warehouses")! == 0 })
    }

    @Test(
        "What fails on the way to the archive stays in the store, and is tried again",
        arguments: [
            ArchiveStep.fileMade, .headerWritten, .dataHalfWritten, .written, .synced,
            .folderSynced, .readBack,
        ])
    func failures(step: ArchiveStep) throws {
        let fails = Locked(true)
        let clock = WallClock()
        let hub = try RunningHub(clock: clock) { configuration in
            configuration.archiveFault = { passed in
                passed == step && fails.withLock { $0 } ? .full(file: "x") : nil
            }
        }
        let client = try hub.client()
        try Self.publish(client, 3000)
        clock.offsetMilliseconds += 8 * Self.day
        let name = "message_center_archive_move_failures_total"
        #expect(try eventually(within: 120) { try client.metric(name)! >= 1 })
        #expect(try Self.border(client) == 0)
        #expect(try Holdings(hub.folder.path).stored.count == 3000)
        // Nobody else is disturbed.
        #expect(try client.publish(wid: 1).status == 201)
        #expect(try client.get("/readyz").status == 200)
        fails.withLock { $0 = false }
        #expect(try eventually(within: 120) { try Self.border(client) == 3000 })
        let holdings = try Holdings(hub.folder.path)
        #expect(holdings.all.count == 3001)
        #expect(Set(holdings.frames.map(\.file)).count == 1)
    }

    @Test("Whole days go when they are older than the archive's own retention")
    func pruned() throws {
        let clock = WallClock()
        let folder = try TemporaryFolder()
        func start() throws -> RunningHub {
            try RunningHub(folder: folder, clock: clock) { configuration in
                configuration.retention.age = Self.day
                configuration.archiveRetention = 3 * Self.day
            }
        }
        var hub = try start()
        var client = try hub.client()
        for _ in 0..<9 {
            try Self.publish(client, 100)
            clock.offsetMilliseconds += Self.day
            // The day's messages move before the next ones come.
            #expect(
                try eventually(within: 120) {
                    try Self.border(client) >= Int(client.metric("message_center_head")!) - 100
                })
        }
        // Nine days back to four days back are out; which of them is a matter of the hour.
        #expect(
            try eventually(within: 120) {
                try client.metric("message_center_archive_messages")! <= 400
            })
        let holdings = try Holdings(folder.path)
        #expect(holdings.pruned >= 400 && holdings.pruned % 100 == 0)
        #expect(holdings.all.count + Int(holdings.pruned) == 900)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/archive")
        #expect(Set(files) == Set(holdings.frames.map(\.file)))
        let frames = Double(holdings.frames.count)
        #expect(
            try eventually(within: 120) {
                try client.metric("message_center_archive_frames") == frames
            })
        // The last day's messages are still in the store when the hub stops.
        try Self.publish(client, 100)
        hub.stop()
        // Everything becomes too old while nobody publishes.
        clock.offsetMilliseconds += 30 * Self.day
        hub = try start()
        client = try hub.client()
        #expect(try eventually(within: 120) { try Self.border(client) == 1000 })
        #expect(
            try eventually(within: 120) {
                try client.metric("message_center_archive_messages") == 0
            }
        )
        #expect(
            try eventually(within: 120) {
                try FileManager.default.contentsOfDirectory(atPath: folder.path + "/archive")
                    .isEmpty
            })
        // And the next ones begin a file again.
        try Self.publish(client, 100)
        clock.offsetMilliseconds += 2 * Self.day
        #expect(try eventually(within: 120) { try Self.border(client) == 1100 })
        #expect(
            try eventually(within: 120) { try Holdings(folder.path).archived.count == 100 })
    }
}
