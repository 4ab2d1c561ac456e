import MessageCenterClient
import Platform
import SQLite
import TestSupport
import Testing

/// A hub that is full, or dies, ends connections within their handshake: that passes.
@Suite("Handshakes that end", .serialized, .enabled(if: TLSServer.canRun))
struct HandshakeEndTests {
    private let hub: RunningHub
    private let options = HTTPOptions(
        certificateAuthority: TestTLS.certificates.authority)

    init() throws {
        hub = try RunningHub(inClear: false)
    }

    private func door(_ end: ClosingDoor.End) throws -> ClosingDoor {
        try ClosingDoor(before: hub.endpoint, ending: 3, by: end)
    }

    private func stored() throws -> [String] {
        try HubLine(hub.client(), wid: 1).messages.map(\.body)
    }

    @Test("A publisher tries again", arguments: ClosingDoor.End.silent)
    func publisher(end: ClosingDoor.End) async throws {
        let door = try door(end)
        var settings = PublishSettings.quick
        settings.options = options
        let publisher = try MessagePublisher(url: door.url, wid: 1, settings: settings)
        let result = await publisher.publish(topic: "A_B", body: 1)
        #expect(result.isSuccess && door.ended == 3, "\(result)")
        await publisher.close()
    }

    @Test("A spool tells of a trouble that passes", arguments: ClosingDoor.End.silent)
    func spool(end: ClosingDoor.End) async throws {
        let (door, folder) = (try door(end), try TemporaryFolder())
        let troubles = Locked<[PublishTrouble]>([])
        var settings = PublishSettings.quick
        settings.options = options
        settings.spool = SpoolSettings(folder: folder.path + "/spool")
        settings.onTrouble = { trouble in troubles.withLock { $0.append(trouble) } }
        let publisher = try MessagePublisher(url: door.url, wid: 1, settings: settings)
        #expect(await publisher.publish(topic: "A_B", body: 1).isSuccess)
        #expect(await publisher.drain(within: .seconds(20)))
        let told = troubles.withLock { $0 }
        #expect(!told.isEmpty && told.allSatisfy(\.isPassing), "\(told)")
        await publisher.close()
        #expect(try stored() == ["1"])
    }

    @Test("A consumer tries again", arguments: ClosingDoor.End.silent)
    func consumer(end: ClosingDoor.End) async throws {
        #expect(try hub.client().publish(wid: 1).status == 201)
        let (door, folder) = (try door(end), try TemporaryFolder())
        let warehouse = Warehouse()
        let consumer = try warehouse.consumer(door.url, folder: folder.path + "/own") {
            $0.connection = options
            $0.stopsWhenCaughtUp = true
        }
        try await consumer.start()
        #expect(warehouse.now.handled.count == 1)
        #expect(door.ended == 3 && warehouse.now.troubles.count >= 3)
    }

    @Test("An outbox with a bound of tries tries again", arguments: ClosingDoor.End.silent)
    func outbox(end: ClosingDoor.End) throws {
        let (door, folder) = (try door(end), try TemporaryFolder())
        let path = folder.path + "/shop.db"
        #expect(try ProgramExit(["publish", "--outbox", path, "--init"]).status == 0)
        try Connection(path: path).execute(
            "INSERT INTO message_outbox (topic, wid, key, body) VALUES ('A_B', 1, 'k', '1')")
        let run = try ProgramExit([
            "publish", "--outbox", path, "--once", "--hub", door.url, "--tries", "5",
            "--tls-authority", TestTLS.certificates.authority,
        ])
        #expect(run.status == 0, "\(run.errors)")
        #expect(try stored() == ["1"])
    }

    @Test(
        "Where the other side says that it will not do, it is of no use to try again",
        arguments: [
            // The alert handshake_failure (RFC 8446, section 6), and no TLS at all.
            [21, 3, 3, 0, 2, 2, 40], Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8),
        ] as [[UInt8]])
    func verdict(answer: [UInt8]) async throws {
        let door = try door(.told(answer))
        let sender = try HTTPSender(base: door.url, options: options)
        let failure = await #expect(throws: TransportFailure.self) {
            try await sender.perform(HTTPRequest("GET", "/healthz"))
        }
        #expect(failure?.reason == .insecure, "\(failure as Any)")
    }
}
