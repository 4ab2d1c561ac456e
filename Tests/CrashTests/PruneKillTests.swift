import Foundation
import Hub
import Platform
import TestSupport
import Testing
import Wire

/// kill -9 while the archive is pruned: what the catalogue has let go of is gone from the disk
/// after the next start, nothing else is, and whoever needs none of it pulls on.
@Suite(.serialized) struct PruneKillTests {
    /// A hub's data of six days, ten messages each, for warehouses 1 and 2 by turns; all but the
    /// last day's are in the archive, a file a day.
    private func data() throws -> TemporaryFolder {
        let hub = try RunningHub()
        let client = try hub.client()
        for _ in 0..<6 {
            for number in 0..<10 {
                #expect(try client.publish(wid: 1 + number % 2).status == 201)
            }
            hub.clock.offsetMilliseconds += 86_400_000
        }
        hub.stop()
        try ArchiveMove.run(hub.folder.path, through: 50, perFrame: 4)
        return hub.folder
    }

    private func files(_ folder: TemporaryFolder) throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/archive"))
    }

    @Test(
        "Killed before its commit, behind it, and between the files that it removes",
        arguments: [
            ("prune.written", 0), ("prune.committed", 30),
            ("archive.fileRemoved", 30), ("archive.fileRemoved:1", 30),
            ("archive.fileRemoved:2", 30),
        ])
    func killed(place: String, pruned: Int64) throws {
        let folder = try data()
        let before = try files(folder)
        let hub = try HubProcess(
            folder: folder, environment: ["MESSAGE_CENTER_KILL_AT": place])
        #expect(throws: (any Error).self) {
            try hub.client().post("/v1/archive/prune", ["before": 31])
        }
        #expect(eventually { !hub.isRunning }, "\(place) was never passed: \(hub.told)")
        // The chain is whole from what was pruned on, and each message behind it in one place.
        var holdings = try Holdings(folder.path)
        #expect(holdings.pruned == pruned)
        #expect(holdings.all.map(\.index) == Array(pruned + 1...60))

        let again = try HubProcess(folder: folder)
        let client = try again.client()
        let left = pruned == 0 ? before : Set(holdings.frames.map(\.file))
        #expect(left.count == (pruned == 0 ? 5 : 2))
        #expect(try eventually(within: 60) { try files(folder) == left })
        let verified = try client.post("/v1/archive/verify", [:])
        #expect(verified["damages"].elements?.count == 0, "\(verified.text)")
        for (after, isGone) in [(28, true), (29, false), (30, false)] {
            let page = try client.pull(1, ["start": "latest", "after": .number("\(after)")])
            if isGone, pruned > 0 {
                #expect(page.integer("oldest") == 31, "\(page.text)")
            } else {
                #expect(page.indexes.first == (after == 28 ? 29 : 31), "\(page.text)")
            }
        }
        // The same prune again, and the archive goes on where it was.
        let repeated = try client.post("/v1/archive/prune", ["before": 31])
        #expect(repeated.status == 200, "\(repeated.text)")
        #expect(try eventually(within: 60) { try files(folder).count == 2 })
        #expect(try client.publish(wid: 1).integer("index") == 61)
        #expect(try again.stop().status == 0)
        holdings = try Holdings(folder.path)
        #expect(holdings.pruned == 30)
        #expect(holdings.all.map(\.index) == Array(31...61))
    }
}
