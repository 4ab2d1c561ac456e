import Foundation
import HubServer
import Platform
import TestSupport
import Testing
import Wire

/// The folder of the archive is gone, or another one: a disk that is not mounted.
@Suite("The archive's folder") struct ArchiveFolderTests {
    private static let missing = "message_center_archive_missing"

    /// A data folder, and beside it the archive's and where that is taken.
    private struct Place {
        let folder: TemporaryFolder
        let clock = WallClock()
        var archive: String { folder.path + "/elsewhere" }
        private var away: String { folder.path + "/away" }

        init() throws {
            folder = try TemporaryFolder()
        }

        func start() throws -> RunningHub {
            let archive = self.archive
            return try RunningHub(folder: folder, clock: clock) { $0.archive = archive }
        }

        func unmount(leaving mountPoint: Bool) throws {
            try FileManager.default.moveItem(atPath: archive, toPath: away)
            guard mountPoint else { return }
            try FileManager.default.createDirectory(
                atPath: archive, withIntermediateDirectories: false)
        }

        func mount() throws {
            try? FileManager.default.removeItem(atPath: archive)
            try FileManager.default.moveItem(atPath: away, toPath: archive)
        }

        var files: [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: archive)) ?? []).sorted()
        }
    }

    /// Publishes, and lets so much time pass that it moves.
    private func publish(_ client: RawClient, _ place: Place) throws {
        try ArchiverTests.publish(client, 100)
        place.clock.offsetMilliseconds += 8 * ArchiverTests.day
    }

    @Test(
        "Nothing is written to a folder without the newest file until it is back; all else goes on",
        arguments: [false, true], [false, true])
    func unmounted(whileRunning: Bool, leavesMountPoint: Bool) throws {
        let place = try Place()
        var hub = try place.start()
        var client = try hub.client()
        try publish(client, place)
        #expect(try eventually(within: 120) { try ArchiverTests.border(client) == 100 })
        let before = place.files
        #expect(before.count == 1)
        if !whileRunning { hub.stop() }
        try place.unmount(leaving: leavesMountPoint)
        if !whileRunning {
            hub = try place.start()
            client = try hub.client()
        }
        // It is noticed though nothing is due.
        #expect(try eventually(within: 120) { try client.metric(Self.missing) == 1 })
        try publish(client, place)
        let failures = try client.metric("message_center_archive_move_failures_total")!
        #expect(
            try eventually(within: 120) {
                try client.metric("message_center_archive_move_failures_total")! > failures
            })
        #expect(try ArchiverTests.border(client) == 100)
        #expect(place.files == [])
        #expect(try client.get("/readyz").status == 200)
        #expect(try client.publish(wid: 1).status == 201)
        let verified = try client.post("/v1/archive/verify", [:])
        #expect(verified["damages"].elements?.first?["kind"]?.text == "missing")
        #expect(
            try client.get("/v1/archive")["files"].elements?.first?["state"]?.text == "missing")
        #expect(try client.pull(1, ["start": "archive"]).code == "position_gone")

        try place.mount()
        #expect(try eventually(within: 120) { try ArchiverTests.border(client) == 200 })
        #expect(try client.metric(Self.missing) == 0)
        #expect(place.files.count == 2 && place.files.first == before[0])
        #expect(try Holdings(place.folder.path, archive: place.archive).all.count == 201)
        #expect(try client.pull(1, ["start": "archive"]).status == 200)
    }

    @Test("Where the newest file is lost for good, an empty one of its name lets the archive go on")
    func lost() throws {
        let place = try Place()
        let hub = try place.start()
        let client = try hub.client()
        try publish(client, place)
        #expect(try eventually(within: 120) { try ArchiverTests.border(client) == 100 })
        let file = "\(place.archive)/\(place.files[0])"
        try FileManager.default.removeItem(atPath: file)
        try publish(client, place)
        #expect(try eventually(within: 120) { try client.metric(Self.missing) == 1 })
        #expect(FileManager.default.createFile(atPath: file, contents: nil))
        #expect(try eventually(within: 120) { try ArchiverTests.border(client) == 200 })
        #expect(try client.metric(Self.missing) == 0)
    }
}
