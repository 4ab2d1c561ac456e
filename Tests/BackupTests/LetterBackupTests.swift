import TestSupport
import Testing
import Wire

/// Dead letters in a backup.
@Suite("Dead letters in backups", .serialized) struct LetterBackupTests {
    @Test("A backup holds them, what was ordered too; a restored hub goes on with them")
    func restored() throws {
        let place = try BackupPlace()
        let hub = try place.serve()
        let client = try hub.client()
        try client.publish(wid: 0)
        try client.pull(7)
        var ids = MessageIDs()
        for state in ["dead", "parked", "done"] {
            try client.post(
                "/v1/warehouses/7/dead-letters",
                [
                    "id": .text(ids.next()), "index": 1, "topic": "A_B", "state": .text(state),
                    "body": ["a": 1], "error": "no",
                ])
        }
        try client.post("/v1/dead-letters/1/retry")
        let letters = try client.get("/v1/dead-letters?state=all").json
        let exit = try place.backup()
        #expect(exit.status == 0, "\(exit.errors)")
        hub.kill()
        #expect(place.flaw() == nil)
        #expect(try place.restore(into: "restored").status == 0)
        let again = try place.serve("restored").client()
        #expect(try again.get("/v1/dead-letters?state=all").json == letters)
        #expect(try again.pull(7)["commands"][0]?["n"] == 1)
        #expect(try again.get("/v1/warehouses/7").integer("parked") == 1)
    }

    @Test("A backup whose letters do not agree with themselves does not verify")
    func damaged() throws {
        let place = try BackupPlace()
        let hub = try place.serve()
        let client = try hub.client()
        try client.pull(7)
        try client.post(
            "/v1/warehouses/7/dead-letters",
            [
                "id": .text("0193aaaa-0000-7000-8000-000000000001"), "index": 1, "topic": "A_B",
                "state": "dead",
            ])
        #expect(try place.backup().status == 0)
        try place.change("backup/hub.db", "UPDATE dead_letters SET settled=5")
        try place.seal()
        #expect("\(String(describing: place.flaw()))".contains("dead letter 1"))
    }
}
