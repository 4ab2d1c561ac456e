import Platform
import TLS
import TestSupport
import Testing
import Wire

/// What is done to a hub by TLS itself, before anybody is known or by who has nothing to say.
extension Attack {
    static let overTLS = [handshakes, established].flatMap { $0 }.map(\.overTLS)

    /// What a client says first.
    private static var hello: [UInt8] {
        var hello = ByteBuffer()
        TLSSession(connecting: TestTLS.client, to: "127.0.0.1").begin(into: &hello)
        return hello.array
    }

    /// So many connections that send `bytes`, until the hub has closed all of them; others come in
    /// meanwhile.
    private static func crowd(
        of count: Int, sending bytes: [UInt8], at hub: HubProcess
    ) throws -> [AnyObject] {
        let crowd = try Crowd(of: count, at: hub.endpoint, sending: bytes)
        #expect(crowd.opened() == count)
        // Where one loop got most of them, it refuses who comes until those were silent for a
        // second.
        #expect(eventually { (try? hub.client().get("/healthz"))?.status == 200 })
        #expect(crowd.isSentHome(), "each has its time, and no more")
        return [crowd]
    }

    private static let handshakes = [
        Attack("2,000 hellos of nine bytes that say they are 128 KiB long", mostMemory: 20) { hub in
            try crowd(of: 2_000, sending: [22, 3, 1, 0, 4, 1, 2, 1, 0x44], at: hub)
        },
        Attack("2,000 hellos without their last byte", mostMemory: 60) { hub in
            try crowd(of: 2_000, sending: hello.dropLast(), at: hub)
        },
        Attack("2,000 hellos, and nothing more", mostMemory: 130) { hub in
            try crowd(of: 2_000, sending: hello, at: hub)
        },
        Attack("A thousand handshakes, and then they leave", mostMemory: 30) { hub in
            _ = try concurrently(4) { _ in
                for _ in 0..<250 { try hub.client().send([UInt8]()) }
            }
            return []
        },
    ]

    /// So many clients that have agreed on TLS.
    private static func clients(_ count: Int, of hub: HubProcess) throws -> [RawClient] {
        try DescriptorLimit.raise()
        return try (0..<count).map { _ in
            let client = try hub.client()
            try client.send([UInt8]())
            return client
        }
    }

    private static let established = [
        // A connection that says nothing has 17 KB of OpenSSL's.
        Attack("A thousand connections that have agreed, and say nothing", mostMemory: 30) { hub in
            try clients(1_000, of: hub)
        },
        Attack("400 that hold back the end of a record of 16 KiB", mostMemory: 30) { hub in
            let clients = try clients(400, of: hub)
            let begun = [23, 3, 3, 0x40, 0x11] + [UInt8](repeating: 7, count: 16_384)
            for client in clients { try client.transmit(begun) }
            return clients
        },
        Attack("Heads that trickle in, a byte in each record", mostMemory: 20) { hub in
            let clients = try clients(200, of: hub)
            for byte in "GET /healthz HTTP/1.1\r\nHost: slow\r\n\r\n".utf8 {
                for client in clients { try client.send([byte]) }
            }
            for client in clients { #expect(try client.answer().status == 200) }
            return clients
        },
    ]
}
