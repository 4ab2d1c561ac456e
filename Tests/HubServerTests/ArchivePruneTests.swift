import Foundation
import Hub
import Platform
import TestSupport
import Testing
import Wire

/// After a prune of the archive exactly those are told who need something of what is gone.
@Suite struct ArchivePruneTests {
    private static let day: Int64 = 86_400_000
    /// Warehouse 77 has no messages of its own.
    private static let wids = [2, 3, 9, 77]

    /// Publishes so many messages a day; what is for everybody comes before message `lastGlobal`
    /// only. Returns whose they are, by index.
    private func publish(_ hub: RunningHub, lastGlobal: Int, seed: UInt64) throws -> [Int] {
        let client = try hub.client()
        var random = SplitMix(seed)
        var owners = [-1]
        for _ in 0..<6 {
            for _ in 0..<10 {
                let own = Self.wids.prefix(3).randomElement(using: &random)!
                let isGlobal =
                    owners.count < lastGlobal && Int.random(in: 0..<4, using: &random) == 0
                owners.append(isGlobal ? 0 : own)
                #expect(try client.publish(wid: owners.last!).status == 201)
            }
            hub.clock.offsetMilliseconds += Self.day
        }
        return owners
    }

    @Test(
        "Only a position with something of its line between it and the archive's beginning is gone",
        arguments: [(0, 20), (5, 20), (12, 30), (60, 20), (0, 50), (12, 50)], [1, 2] as [UInt64])
    func exact(_ border: (lastGlobal: Int, pruned: Int), seed: UInt64) throws {
        let hub = try RunningHub()
        let owners = try publish(hub, lastGlobal: border.lastGlobal, seed: seed)
        hub.stop()
        try ArchiveMove.run(hub.folder.path, through: 50, perFrame: 4)
        let again = try RunningHub(folder: hub.folder, clock: hub.clock)
        let client = try again.client()
        let pruned = try client.post(
            "/v1/archive/prune", ["before": .number("\(border.pruned + 1)")])
        #expect(pruned.integer("through") == border.pruned, "\(pruned.text)")
        try check(client, owners, pruned: border.pruned)
        again.stop()
        // And when the rows of the pruned frames are deleted.
        let third = try RunningHub(folder: hub.folder, clock: hub.clock)
        try check(try third.client(), owners, pruned: border.pruned)
    }

    /// Pulls from every position of every line.
    private func check(_ client: RawClient, _ owners: [Int], pruned: Int) throws {
        for wid in Self.wids {
            let line = owners.indices.filter { owners[$0] == 0 || owners[$0] == wid }
            _ = try client.pull(wid, ["start": "latest"])
            for after in 0..<owners.count {
                let page = try client.pull(wid, ["after": .number("\(after)"), "limit": 1000])
                if line.contains(where: { after < $0 && $0 <= pruned }) {
                    #expect(page.code == "position_gone", "\(wid) after \(after): \(page.text)")
                    #expect(page.integer("oldest") == pruned + 1)
                    continue
                }
                #expect(page.status == 200, "\(wid) after \(after): \(page.text)")
                let rest = line.filter { $0 > after }
                // A page ends at the border at the latest.
                let isArchived = rest.contains { $0 <= 50 }
                #expect(page.indexes == rest.filter { !isArchived || $0 <= 50 })
                #expect(page.integer("count", "from") == line.count - rest.count + 1)
            }
        }
    }

    @Test("A warehouse that has committed all that was pruned goes on, its lag exact")
    func committed() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        for wid in [5, 6, 6] { #expect(try client.publish(wid: wid).status == 201) }
        hub.clock.offsetMilliseconds += Self.day
        for wid in [5, 6] { #expect(try client.publish(wid: wid).status == 201) }
        hub.clock.offsetMilliseconds += Self.day
        for wid in [5, 6] {
            #expect(try client.pull(wid, ["limit": 1]).next == (wid == 5 ? 1 : 2))
            _ = try client.pull(wid, ["commit": wid == 5 ? 1 : 2, "limit": 1])
        }
        hub.stop()
        try ArchiveMove.run(hub.folder.path, through: 5)
        let again = try RunningHub(folder: hub.folder, clock: hub.clock)
        let other = try again.client()
        #expect(try other.post("/v1/archive/prune", ["before": 4, "dryRun": true]).status == 200)
        #expect(try other.post("/v1/archive/prune", ["before": 4]).integer("through") == 3)
        let deeds = try other.get("/v1/audit")["entries"].elements ?? []
        #expect(deeds.map { $0["action"] } == ["archive_prune"], "nothing was done by the dry run")
        #expect(deeds.first?["detail"] == ["through": 3])
        let page = try other.pull(5)
        #expect(page.indexes == [4], "\(page.text)")
        #expect(page.integer("lag", "messages") == 1)
        #expect(try other.get("/v1/warehouses/5").integer("lag", "messages") == 1)
        let gone = try other.pull(6)
        #expect(gone.status == 410)
        #expect(gone.integer("oldest") == 4)
    }

    @Test("Where only a file is missing, who has done all of his in it goes on too")
    func missing() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        for wid in [5, 5, 6, 6] { #expect(try client.publish(wid: wid).status == 201) }
        hub.clock.offsetMilliseconds += Self.day
        for wid in [5, 6] { #expect(try client.publish(wid: wid).status == 201) }
        hub.clock.offsetMilliseconds += Self.day
        hub.stop()
        let frames = try ArchiveMove.run(hub.folder.path, through: 6)
        try FileManager.default.removeItem(
            atPath: "\(hub.folder.path)/archive/\(frames[0].file)")
        let again = try RunningHub(folder: hub.folder, clock: hub.clock)
        let other = try again.client()
        for (wid, after, next) in [
            (5, 0, nil), (5, 1, nil), (5, 2, 5), (5, 3, 5), (6, 3, nil), (6, 4, 6), (7, 0, 6),
        ] as [(Int, Int, Int?)] {
            _ = try other.pull(wid, ["start": "latest"])
            let page = try other.pull(wid, ["after": .number("\(after)")])
            if let next {
                #expect(page.status == 200, "\(wid) after \(after): \(page.text)")
                #expect(page.indexes.first ?? 6 == next)
            } else {
                #expect(page.integer("oldest") == 5, "\(wid) after \(after): \(page.text)")
            }
        }
    }
}
