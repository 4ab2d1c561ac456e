import Foundation
import Platform
import TestSupport
import Testing
import Wire

@testable import Backup

/// What clients see of a restored hub: their positions count up to the fork, and no further.
@Suite("Restored hubs", .serialized) struct RestoreTests {
    private let place: BackupPlace
    /// The former hub's identity.
    private let former: String
    /// The head of the backup.
    private let fork: Int
    /// Ids from before the backup: a publisher's, and one that the hub gave; and from after it.
    private let (before, given, after, givenAfter): (String, String, String, String)

    /// A hub with 100 messages and warehouses that have come to different places; a backup of it
    /// under load; 50 messages more; and then it is gone.
    init() throws {
        place = try BackupPlace()
        let hub = try place.serve()
        let client = try hub.client()
        before = try client.publishMany(99)[50]
        given = try client.publish(wid: 0, body: "given")["id"].text ?? ""
        // 1 and 2 have got 20 and done 10; 3 has done all; 4 was sought; 5 pulls without commits.
        for wid in 1...2 {
            _ = try client.pull(wid, ["limit": 20])
            _ = try client.pull(wid, ["commit": 10, "limit": 10])
        }
        let all = try client.pull(3, ["limit": 1000])
        _ = try client.pull(3, ["commit": .number("\(all.next)")])
        _ = try client.pull(4)
        _ = try client.post("/v1/warehouses/4/seek", ["to": 30])
        former = all["hub"].text ?? ""

        let isOver = Locked(false)
        let endpoint = hub.endpoint
        let load = try OSThread.start(name: "load") {
            _ = try? concurrently(4) { _ in
                let client = try RawClient(endpoint)
                while !isOver.withLock({ $0 }) { try client.publish(wid: 9) }
            }
        }
        #expect(try eventually(within: 60) { try client.head > 200 })
        let exit = try place.backup()
        #expect(exit.status == 0, "\(exit.errors)")
        isOver.withLock { $0 = true }
        load.join()
        fork = Int(try Manifest(place.bytes(of: "backup/manifest.json")).head)

        after = try client.publishMany(50, seed: 2)[0]
        givenAfter = try client.publish(wid: 0, body: "later")["id"].text ?? ""
        #expect(try client.head > fork + 50)
        hub.kill()
        #expect(try place.restore(into: "restored").status == 0)
    }

    @Test("It has a name of its own; the former one's clients are told where it went apart")
    func told() throws {
        let client = try place.serve("restored").client()
        let name = try client.pull(8)["hub"].text
        #expect(name != former)
        let answer = try client.pull(1, ["hub": .text(former), "commit": 15])
        #expect(answer.status == 409)
        #expect(answer.code == "other_hub")
        #expect(answer["hub"].text == name)
        #expect(answer.integer("forkedAt") == fork)
        let stranger = try client.pull(1, ["hub": "0123456789abcdef"])
        #expect(stranger.code == "other_hub")
        #expect(stranger["forkedAt"].isNull)
        #expect(!stranger.text.contains("forkedAt"))
        // Nothing was committed by those that were refused.
        #expect(try client.get("/v1/warehouses/1").integer("committed") == 10)
    }

    @Test("Positions are those of the backup")
    func positions() throws {
        let client = try place.serve("restored").client()
        #expect(try client.head == fork)
        for (wid, committed) in [(1, 10), (2, 10), (4, 30)] {
            let row = try client.get("/v1/warehouses/\(wid)")
            #expect(row.integer("committed") == committed)
        }
        #expect(try client.get("/v1/warehouses/3").integer("committed")! >= 100)
        #expect(try client.get("/v1/warehouses/1").integer("delivered") == 20)
    }

    @Test("A client that is not ahead of the fork goes on by itself")
    func goesOn() throws {
        let client = try place.serve("restored").client()
        let refused = try client.pull(1, ["hub": .text(former), "commit": 95])
        let (name, forkedAt) = (refused["hub"], try #require(refused.integer("forkedAt")))
        #expect(95 <= forkedAt)
        // The former hub had handed out more after the backup, and the client had done it.
        let page = try client.pull(1, ["hub": name, "commit": 95, "limit": 3])
        #expect(page.status == 200)
        #expect(page.indexes == [96, 97, 98])
        #expect(page.integer("committed") == 95)
        #expect(page.integer("count", "from") == 96)
        // And one without a position of its own gets what comes after its place in the backup.
        #expect(try client.pull(2, ["limit": 2]).indexes == [11, 12])
        #expect(try client.pull(4, ["limit": 2]).indexes == [31, 32])
    }

    @Test("A client that is ahead is told so, however the restored hub has gone on meanwhile")
    func ahead() throws {
        let ahead = JSONValue.number("\(fork + 20)")
        var hub = try place.serve("restored")
        var client = try hub.client()
        func refused(_ wid: Int, _ body: JSONValue, _ code: String) throws {
            let answer = try client.pull(wid, body)
            #expect(answer.status == 409)
            #expect(answer.code == code, "\(answer.text)")
        }
        try refused(1, ["commit": ahead], "position_ahead")
        try refused(1, ["after": ahead], "position_ahead")
        try refused(8, ["start": ahead], "position_ahead")
        #expect(try client.pull(1, ["hub": .text(former), "commit": ahead]).code == "other_hub")
        // The head passes the position: other messages are there now than the client has done.
        try client.publishMany(40, seed: 3)
        try refused(1, ["commit": ahead], "not_delivered")
        // Also after starts, when the last holder's commit is believed up to the head otherwise.
        for _ in 0..<2 {
            hub.kill()
            hub = try place.serve("restored")
            client = try hub.client()
            try refused(1, ["commit": ahead], "not_delivered")
            let answer = try client.post("/v1/warehouses/1/commit", ["index": ahead])
            #expect(answer.code == "not_delivered")
        }
        // Once it has pulled here, it is a warehouse as any other.
        let page = try client.pull(1, ["limit": 1000])
        #expect(page.indexes.first == 11)
        #expect(try client.pull(1, ["commit": .number("\(page.next)")]).status == 200)
    }

    @Test("A retry from before the backup is a duplicate, one from after it is stored anew")
    func retries() throws {
        let client = try place.serve("restored").client()
        let known = try client.publish(topic: "A_Changed", wid: 0, body: 1, id: before)
        #expect(known.status == 200)
        #expect(known.integer("index") == 51)
        let own = try client.publish(wid: 0, body: "given", id: given)
        #expect(own.status == 200)
        #expect(own.integer("index") == 100)
        #expect(try client.publish(wid: 0, body: "else", id: given).code == "id_conflict")
        let lost = try client.publish(topic: "A_Changed", wid: 0, body: 1, id: after)
        #expect(lost.status == 201)
        #expect(lost.integer("index") == fork + 1)
        let givenThere = try client.publish(wid: 0, body: "later", id: givenAfter)
        #expect(givenThere.status == 201)
        #expect(try client.publish(wid: 0, body: "later", id: givenAfter).status == 200)
    }

    @Test("Ids of the former hub find their messages")
    func byID() throws {
        let client = try place.serve("restored").client()
        #expect(try client.get("/v1/messages/\(given)").integer("index") == 100)
        #expect(try client.get("/v1/messages/\(before)").integer("index") == 51)
        #expect(try client.get("/v1/messages/\(givenAfter)").status == 404)
        #expect(try client.pull(8, ["start": .text(given)]).integer("committed") == 100)
        let new = try client.publish(wid: 0)
        let id = try #require(new["id"].text)
        #expect(try client.get("/v1/messages/\(id)").integer("index") == fork + 1)
    }

    @Test("A restored hub that is backed up and restored again remembers all that it was")
    func generations() throws {
        let second = try place.serve("restored")
        let client = try second.client()
        let name = try #require(try client.pull(8)["hub"].text)
        let own = try client.publish(wid: 0)["id"].text ?? ""
        try client.publishMany(30, seed: 4)
        #expect(try place.backup("second", of: "restored").status == 0)
        let head = Int(try Manifest(place.bytes(of: "second/manifest.json")).head)
        try client.publish(wid: 0)
        second.kill()
        #expect(try place.restore("second", into: "third").status == 0)
        let third = try place.serve("third").client()
        #expect(head == fork + 31)
        #expect(try third.pull(7, ["hub": .text(former)]).integer("forkedAt") == fork)
        #expect(try third.pull(7, ["hub": .text(name)]).integer("forkedAt") == head)
        for (id, index) in [(given, 100), (own, fork + 1)] {
            #expect(try third.get("/v1/messages/\(id)").integer("index") == index)
        }
        // Warehouse 1 never pulled from the second hub: what it has is the first one's.
        let beyond = JSONValue.number("\(fork + 5)")
        #expect(try third.pull(1, ["commit": beyond]).code == "not_delivered")
        #expect(try third.pull(1, ["commit": .number("\(fork)"), "limit": 1]).next == fork + 1)
    }

    @Test("The same backup can be restored twice; the two are strangers to each other")
    func twice() throws {
        #expect(try place.restore(into: "twin").status == 0)
        let one = try #require(try place.serve("restored").client().pull(8)["hub"].text)
        let twin = try place.serve("twin").client()
        #expect(try twin.pull(8)["hub"].text != one)
        let answer = try twin.pull(8, ["hub": .text(one)])
        #expect(answer.code == "other_hub")
        #expect(answer["forkedAt"].isNull)
        #expect(try twin.pull(8, ["hub": .text(former)]).integer("forkedAt") == fork)
    }

    @Test("A folder that has a hub in it is left as it is; an empty one is taken")
    func places() throws {
        let data = try place.bytes(of: "restored/hub.db")
        let exit = try place.restore(into: "restored")
        #expect(exit.status == 1)
        #expect(exit.errors.contains("is not empty"), "\(exit.errors)")
        #expect(try place.bytes(of: "restored/hub.db") == data)
        try FileManager.default.createDirectory(
            atPath: place.path("empty"), withIntermediateDirectories: false)
        let told = try place.run(
            ["restore", "--from", place.path("backup"), "--data", place.path("empty"), "--json"])
        #expect(told.status == 0, "\(told.errors)")
        let json = try JSONValue.parse(told.output)
        #expect(json["restoredFrom"]?.text == former)
        #expect(json["forkedAt"]?.integer == fork)
        let client = try place.serve("empty").client()
        #expect(try client.pull(8)["hub"].text == json["hub"]?.text)
    }
}
