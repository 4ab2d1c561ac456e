import Foundation
import Platform
import TestSupport
import Testing
import Wire

@testable import Backup

/// Backups of a hub that runs, made by the program.
@Suite("Backups") struct BackupTests {
    @Test(
        "A backup under full load is dense, and has all that was acknowledged before it began")
    func underLoad() throws {
        let place = try BackupPlace()
        let hub = try place.serve()
        let isOver = Locked(false)
        let acknowledged = Locked([String: Int]())
        let endpoint = hub.endpoint
        let load = try OSThread.start(name: "load") {
            _ = try? concurrently(8) { number in
                var ids = MessageIDs(seed: UInt64(number), from: 1_790_000_000_000)
                let client = try RawClient(endpoint)
                while !isOver.withLock({ $0 }) {
                    let id = ids.next()
                    let answer = try client.publish(wid: number % 4, id: id)
                    let index = answer.integer("index") ?? -1
                    acknowledged.withLock { $0[id] = index }
                }
            }
        }
        var before: [[String: Int]] = []
        for number in 0..<3 {
            let count = acknowledged.withLock { $0.count }
            #expect(eventually(within: 60) { acknowledged.withLock { $0.count } > count + 1000 })
            before.append(acknowledged.withLock { $0 })
            let exit = try place.backup("backup\(number)")
            #expect(exit.status == 0, "\(exit.errors)")
        }
        isOver.withLock { $0 = true }
        load.join()
        hub.kill()
        for (number, known) in before.enumerated() {
            #expect(place.flaw(of: "backup\(number)") == nil)
            let exit = try place.restore("backup\(number)", into: "restored\(number)")
            #expect(exit.status == 0, "\(exit.errors)")
            let restored = try place.serve("restored\(number)")
            let client = try restored.client()
            let head = try client.head
            #expect(head >= known.values.max()!)
            let found = try (1...3).map { try line(client, $0) }
            let all = found.reduce(into: [:]) { $0.merge($1) { own, _ in own } }
            #expect(all.values.sorted() == Array(1...head))
            for (id, index) in known { #expect(all[id] == index) }
        }
    }

    /// By id: the index of each message of a line; ordinals without a hole.
    private func line(_ client: RawClient, _ wid: Int) throws -> [String: Int] {
        var found: [String: Int] = [:]
        var (after, more) = (0, true)
        while more {
            let page = try client.get("/v1/warehouses/\(wid)/messages?after=\(after)&limit=1000")
            #expect(page.ordinals == Array(found.count + 1..<found.count + 1 + page.ids.count))
            for (id, index) in zip(page.ids, page.indexes) { found[id] = index }
            (after, more) = (page.next, page.more ?? false)
        }
        return found
    }

    @Test(
        "Whenever a backup is killed, there is none or a whole one, and the next takes its place"
    )
    func killed() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("BackupTests: seed \(seed)")
        var random = SplitMix(seed)
        let place = try BackupPlace()
        let hub = try place.serve()
        try hub.client().publishMany(60_000)
        let began = ContinuousClock.now
        #expect(try place.backup("first").status == 0)
        let took = ContinuousClock.now - began
        let most =
            Int(took.components.attoseconds / 1_000_000_000_000)
            + Int(took.components.seconds) * 1_000_000
        var killed = 0
        for round in 0..<12 {
            let process = Process()
            process.executableURL = URL(filePath: HubProcess.program)
            process.arguments = [
                "backup", "--data", place.data, "--to", place.path("b\(round / 3)"),
            ]
            process.environment = ["SWIFT_BACKTRACE": "enable=no"]
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            usleep(UInt32.random(in: 0...UInt32(most), using: &random))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            killed += process.terminationReason == .uncaughtSignal ? 1 : 0
            if place.isThere("b\(round / 3)") {
                #expect(place.flaw(of: "b\(round / 3)") == nil, "seed \(seed)")
            }
        }
        #expect(killed > 0, "seed \(seed)")
        let exit = try place.backup("b4")
        #expect(exit.status == 0, "seed \(seed): \(exit.errors)")
        // What was left unfinished is cleared away by the next one of its name.
        for round in 0..<4 where !place.isThere("b\(round)") {
            let exit = try place.backup("b\(round)")
            #expect(exit.status == 0, "seed \(seed): \(exit.errors)")
            #expect(place.flaw(of: "b\(round)") == nil, "seed \(seed)")
            #expect(!place.isThere("b\(round).partial"))
        }
        #expect(try hub.client().publish(wid: 1).status == 201)
    }

    @Test("It tells what it made, for people and as JSON; common tools can check it")
    func told() throws {
        let place = try BackupPlace()
        let hub = try place.serve()
        let client = try hub.client()
        try client.publishMany(5)
        let name = try #require(try client.pull(1)["hub"].text)
        let exit = try place.backup()
        #expect(exit.output.contains("hub \(name) up to message 5"), "\(exit.output)")
        let run = try place.run(["backup", "verify", place.path("backup"), "--json"])
        let manifest = try JSONValue.parse(run.output)
        #expect(manifest["format"]?.integer == 1)
        #expect(manifest["hub"]?.text == name)
        #expect(manifest["head"]?.integer == 5)
        #expect(
            manifest["files"]?.elements?.map { $0["name"]?.text } == ["hub.db", "tokens.db"])
        #expect(
            try place.names(in: "backup") == [
                "SHA256SUMS", "hub.db", "manifest.json", "tokens.db",
            ])
        let sums = Process()
        sums.executableURL = URL(filePath: "/usr/bin/sha256sum")
        sums.arguments = ["--check", "--strict", "--quiet", "SHA256SUMS"]
        sums.currentDirectoryURL = URL(filePath: place.path("backup"))
        try sums.run()
        sums.waitUntilExit()
        #expect(sums.terminationStatus == 0)
    }

    @Test("Tokens are in it")
    func tokens() throws {
        let place = try BackupPlace()
        let words = ["token", "create", "--role", "admin", "--name", "me", "--data", place.data]
        let token = try place.run(words).output.trimmingCharacters(in: .whitespacesAndNewlines)
        let hub = try place.serve()
        #expect(try place.backup().status == 0)
        hub.kill()
        #expect(try place.restore(into: "restored").status == 0)
        let client = try place.serve("restored").client()
        #expect(try client.get("/v1/topics").status == 401)
        let answer = try client.request(
            "GET", "/v1/topics", fields: ["Authorization": "Bearer \(token)"])
        #expect(answer.status == 200)
    }

    @Test("A hub that does not run, and one that was killed, can be backed up as well")
    func stopped() throws {
        let place = try BackupPlace()
        let hub = try place.serve()
        try hub.client().publishMany(10)
        hub.kill()
        #expect(try place.backup("killed").status == 0)
        let again = try place.serve()
        try again.client().publishMany(10, seed: 2)
        try again.stop()
        #expect(try place.backup("stopped").status == 0)
        #expect(try Manifest(place.bytes(of: "killed/manifest.json")).head == 10)
        #expect(try Manifest(place.bytes(of: "stopped/manifest.json")).head == 20)
    }

    // MARK: Refusals

    @Test("What cannot be the place of a backup is refused, and left as it is")
    func places() throws {
        let place = try BackupPlace()
        try place.serve().stop()
        try place.write([1], to: "file")
        try FileManager.default.createDirectory(
            atPath: place.path("full/inner"), withIntermediateDirectories: true)
        let names = [("file", "is not a folder"), ("full", "is not empty"), ("full/.", "name of")]
        for (name, why) in names {
            let exit = try place.backup(name)
            #expect(exit.status == 1)
            #expect(exit.errors.contains(why), "\(exit.errors)")
        }
        #expect(try place.bytes(of: "file") == [1])
        #expect(try place.names(in: "full") == ["inner"])
        // An empty folder is a place for one, and so is one in a folder that is not there yet.
        try FileManager.default.createDirectory(
            atPath: place.path("empty"), withIntermediateDirectories: false)
        #expect(try place.backup("empty").status == 0)
        #expect(try place.backup("some/where/new/").status == 0)
        #expect(place.flaw(of: "some/where/new") == nil)
    }

    @Test("Where another backup is being written, or something else lies, nothing is touched")
    func partial() throws {
        let place = try BackupPlace()
        try place.serve().stop()
        try FileManager.default.createDirectory(
            atPath: place.path("backup.partial"), withIntermediateDirectories: false)
        try place.write([1], to: "backup.partial/hub.db")
        let fd = open(place.path("backup.partial"), O_RDONLY)
        #expect(try FileLock.lock(folder: fd))
        let locked = try place.backup()
        #expect(locked.status == 1)
        #expect(locked.errors.contains("another program is writing it"), "\(locked.errors)")
        #expect(try place.bytes(of: "backup.partial/hub.db") == [1])
        close(fd)
        try place.write([1], to: "backup.partial/diary")
        let other = try place.backup()
        #expect(other.status == 1)
        #expect(other.errors.contains("diary"), "\(other.errors)")
        #expect(try place.bytes(of: "backup.partial/diary") == [1])
        try FileManager.default.removeItem(atPath: place.path("backup.partial/diary"))
        #expect(try place.backup().status == 0)
    }

    @Test("Where no hub is, nothing is made")
    func noHub() throws {
        let place = try BackupPlace()
        let exit = try place.backup()
        #expect(exit.status == 1)
        #expect(exit.errors.contains("there is no hub"), "\(exit.errors)")
        #expect(try place.names(in: "").filter { !$0.hasPrefix("hub.log") } == [])
    }

    @Test("A store of a later program is not backed up, and a backup of one not restored")
    func later() throws {
        let place = try BackupPlace()
        try place.serve().stop()
        #expect(try place.backup().status == 0)
        try place.change("backup/hub.db", "PRAGMA user_version=99")
        try place.seal()
        let restored = try place.restore(into: "restored")
        #expect(restored.status == 1)
        #expect(restored.errors.contains("99"), "\(restored.errors)")
        #expect(restored.errors.contains("newer program"), "\(restored.errors)")
        #expect(!place.isThere("restored"))
        try place.change("data/hub.db", "PRAGMA user_version=99")
        let made = try place.backup("other")
        #expect(made.status == 1)
        #expect(made.errors.contains("newer program"), "\(made.errors)")
        #expect(!place.isThere("other"))
    }

    @Test("A backup of a later form is not restored")
    func laterForm() throws {
        let place = try BackupPlace()
        try place.serve().stop()
        #expect(try place.backup().status == 0)
        try place.write(
            Array(#"{"format":2,"hub":"x","more":true}"#.utf8), to: "backup/manifest.json")
        let exit = try place.restore(into: "restored")
        #expect(exit.status == 1)
        #expect(exit.errors.contains("format is 2"), "\(exit.errors)")
    }

    @Test(
        "A disk without room is told, and nothing is left of what was begun",
        .enabled(if: getuid() == 0, "only root may mount a small disk"),
        arguments: [false, true])
    func full(midway: Bool) throws {
        guard let disk = try SmallDisk(megabytes: 8) else { return }
        let place = try BackupPlace()
        let hub = try place.serve()
        try hub.client().publishMany(10_000)
        #expect(try place.backup("good").status == 0)
        let files = ["hub.db", "tokens.db"].map { "good/\($0)" }
        let needed = try files.reduce(0) { try $0 + place.bytes(of: $1).count }
        // Room for the databases, as far as it can be told before, and none for what comes last.
        try disk.fill(leaving: midway ? needed + 4096 : needed / 2)
        for _ in 0..<2 {
            let exit = try place.run(
                ["backup", "--data", place.data, "--to", disk.path + "/backup"])
            #expect(exit.status == 1)
            let reason = midway ? "no space left" : "bytes of room"
            #expect(exit.errors.contains(reason), "\(exit.errors)")
            let left = try FileManager.default.contentsOfDirectory(atPath: disk.path)
            #expect(left == ["filler"])
        }
        #expect(try hub.client().publish(wid: 1).status == 201)
        let restored = try place.run(
            ["restore", "--from", place.path("good"), "--data", disk.path + "/restored"])
        #expect(restored.status == 1)
        let reason = midway ? "the disk is full" : "bytes of room"
        #expect(restored.errors.contains(reason), "\(restored.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path) == ["filler"])
    }
}
