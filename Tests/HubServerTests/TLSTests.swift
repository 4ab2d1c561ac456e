import Foundation
import Hub
import HubServer
import Platform
import TLS
import TestSupport
import Testing
import Wire

/// What a hub says and does over TLS that it does not in the clear. All else is tested by the whole
/// suite with `TEST_TLS=1`.
@Suite("TLS at the hub", .enabled(if: ProgramExit.has("/usr/bin/openssl", "/usr/bin/curl")))
struct TLSTests {
    private func hub(_ configure: (inout Configuration) -> Void = { _ in }) throws -> RunningHub {
        try RunningHub { configuration in
            configuration.tls = TestTLS.files
            configure(&configuration)
        }
    }

    /// Talks to the hub by `openssl s_client`, and returns all it told.
    private func openssl(_ hub: RunningHub, _ words: String) throws -> String {
        try openssl(
            hub.endpoint, "-ign_eof \(words)",
            saying: "GET /healthz HTTP/1.1\\r\\nHost: h\\r\\nConnection: close\\r\\n\\r\\n")
    }

    private func openssl(
        _ hub: Endpoint, _ words: String, saying text: String
    ) throws -> String {
        let command =
            "printf '\(text)' | timeout 10 openssl s_client -connect \(hub) "
            + "-CAfile \(TestTLS.certificates.authority) \(words) 2>&1"
        return try ProgramExit(command: ["bash", "-c", command]).output
    }

    @Test(
        "TLS 1.2 and 1.3 are spoken, with ciphers that keep their secret, and nothing older",
        arguments: [
            ("-tls1_3", "TLSv1.3, Cipher is TLS_", true),
            ("-tls1_2", "TLSv1.2, Cipher is ECDHE-", true),
            ("-tls1_1 -cipher ALL:@SECLEVEL=0", "", false),
            ("-tls1_2 -cipher AES128-SHA:AES256-SHA256", "", false),
            ("-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA", "", false),
        ])
    func versions(words: String, shown: String, isSpoken: Bool) throws {
        let told = try openssl(hub(), words)
        #expect(told.contains("HTTP/1.1 200 OK") == isSpoken, "\(told)")
        #expect(told.contains(isSpoken ? shown : "alert"))
    }

    @Test("Nothing older is spoken where the machine's own configuration would allow it")
    func oldest() throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/any.cnf"
        try """
        openssl_conf = all
        [all]
        ssl_conf = ssl
        [ssl]
        system_default = any
        [any]
        MinProtocol = TLSv1
        CipherString = ALL:@SECLEVEL=0
        """.write(toFile: file, atomically: true, encoding: .utf8)
        let hub = try HubProcess(environment: ["OPENSSL_CONF": file], inClear: false)
        // Another alert would say that the version would do, and only the ciphers do not.
        let told = try openssl(hub.endpoint, "-tls1_1 -cipher ALL:@SECLEVEL=0", saying: "")
        #expect(told.contains("alert protocol version"), "\(told)")
        #expect(try hub.client().get("/healthz").status == 200)
    }

    @Test("A client that begins a second handshake on its connection is refused")
    func renegotiation() throws {
        let hub = try hub()
        let told = try openssl(hub.endpoint, "-tls1_2", saying: "R\\n")
        #expect(told.contains("RENEGOTIATING") && told.contains("no renegotiation"), "\(told)")
        #expect(try hub.client().get("/healthz").status == 200)
    }

    @Test("HTTP/1.1 is agreed on by ALPN; who offers other protocols only is told so")
    func alpn() throws {
        let hub = try hub()
        #expect(try openssl(hub, "-alpn h2,http/1.1").contains("ALPN protocol: http/1.1"))
        #expect(try openssl(hub, "-alpn h2").contains("no application protocol"))
        #expect(try openssl(hub, "").contains("HTTP/1.1 200 OK"))
    }

    @Test("A session is resumed, on whatever loop", arguments: ["-tls1_2", "-tls1_3"])
    func resumption(version: String) throws {
        let (hub, folder) = (try hub(), try TemporaryFolder())
        let file = folder.path + "/session.pem"
        #expect(try openssl(hub, "\(version) -sess_out \(file)").contains("New, TLS"))
        for _ in 0..<4 {
            #expect(try openssl(hub, "\(version) -sess_in \(file)").contains("Reused, TLS"))
        }
    }

    @Test("Who asks without TLS is told where to ask")
    func clear() throws {
        let hub = try hub()
        let client = try RawClient(hub.endpoint, tls: nil)
        let answer = try client.get("/healthz")
        #expect(answer.status == 400)
        #expect(answer.code == "tls_required")
        #expect(answer["detail"].text?.contains("https://") == true)
        #expect(try client.isClosed())
        #expect(try hub.client().get("/healthz").status == 200)
    }

    @Test("A client that begins a handshake and goes no further is let go", arguments: [0, 1, 60])
    func slowHandshake(bytes: Int) throws {
        let hub = try hub { $0.deadlines.head = Deadlines.milliseconds(100) }
        let client = try RawClient(hub.endpoint, tls: nil)
        if bytes > 0 { try client.transmit(Array(Self.hello.prefix(bytes))) }
        #expect(try client.isClosed())
    }

    @Test("A record that is begun and never ended holds its connection no longer than silence does")
    func slowRecord() throws {
        let hub = try hub { $0.deadlines.idle = Deadlines.milliseconds(200) }
        let client = try hub.client()
        #expect(try client.get("/healthz").status == 200)
        try client.transmit([23, 3, 3, 1, 0, 7])
        #expect(try client.isClosed())
    }

    @Test("A handshake counts as twenty requests of its address")
    func handshakes() throws {
        // Five seconds' worth may come at once: a handshake, and five requests.
        let hub = try hub { ($0.exempt, $0.requestsOfAddress) = ([], 5) }
        let first = try hub.client()
        #expect(try first.get("/healthz").status == 200)
        let second = try hub.client()
        #expect(throws: RawClient.Failure.self) { try second.get("/healthz") }
        // Who is in goes on.
        #expect(try first.get("/healthz").status == 200)
    }

    @Test("A trusted proxy's handshakes are not counted, and of whoever has too many it is told")
    func limitedHandshakes() throws {
        func hub(_ words: String...) throws -> HubProcess {
            try HubProcess(
                arguments: ["--limit-exempt", "none", "--requests-per-address", "5"] + words,
                inClear: false)
        }
        let behind = try hub("--trusted-proxy", "127.0.0.1")
        for _ in 0..<4 { _ = try behind.client().send([UInt8]()) }
        let limited = try hub()
        #expect(throws: RawClient.Failure.self) {
            for _ in 0..<4 { _ = try limited.client().send([UInt8]()) }
        }
        #expect(
            eventually { limited.told.contains("TLS handshakes of 127.0.0.1 are turned away") })
        #expect(!behind.told.contains("turned away"))
    }

    @Test("Handshakes that end badly in the moment in which they are done leave room for others")
    func endsWithJunk() throws {
        // Room for 384 handshakes at once.
        let hub = try RunningHub(loops: 1) {
            ($0.tls, $0.requestBytesHeld) = (TestTLS.files, 0)
        }
        for _ in 0..<400 {
            let raw = try RawClient(hub.endpoint, tls: nil)
            let session = TLSSession(connecting: TestTLS.client, to: hub.endpoint.host)
            var sealed = ByteBuffer()
            var plain = ByteBuffer()
            var answer = ByteBuffer()
            session.begin(into: &answer)
            while !session.isEstablished {
                try raw.transmit(answer.array)
                answer.removeAll()
                let bytes = try #require(try raw.takeBytes())
                sealed.append(bytes.span.bytes)
                let outcome = session.open(&sealed, into: &plain, answering: &answer)
                try #require(outcome == .opened)
            }
            try raw.transmit(answer.array + Array("no record".utf8))
            #expect(try raw.isClosed())
        }
        #expect(try hub.client().get("/healthz").status == 200)
    }

    private func failedHandshakes(_ client: RawClient) throws -> Double? {
        try client.metric("message_center_tls_handshakes_failed_total")
    }

    @Test("A handshake that the client leaves, or lets lie, counts as one that has failed")
    func unfinished() throws {
        let hub = try hub { $0.deadlines.head = Deadlines.milliseconds(200) }
        let observer = try hub.client()
        #expect(try failedHandshakes(observer) == 0)
        for hangsUp in [true, false] {
            let client = try RawClient(hub.endpoint, tls: nil)
            try client.transmit(Array(Self.hello.prefix(60)))
            if hangsUp { client.endSending() }
            #expect(try client.isClosed())
        }
        #expect(try eventually { try failedHandshakes(observer) == 2 })
        // Once each, also where it is TLS that fails; and none of those who only connect.
        let client = try RawClient(hub.endpoint, tls: nil)
        try client.transmit([22, 3, 1, 0, 4, 1, 2, 1, 0x44])
        #expect(try client.isClosed())
        _ = try RawClient(hub.endpoint, tls: nil).isClosed()
        #expect(try eventually { try failedHandshakes(observer) == 3 })
        #expect(try observer.metric("message_center_request_bytes_held") == 0)
    }

    private static var hello: [UInt8] {
        var hello = ByteBuffer()
        TLSSession(connecting: TestTLS.client, to: "127.0.0.1").begin(into: &hello)
        return hello.array
    }

    @Test("What a handshake holds is counted, and where there is no room none begins")
    func heldByHandshakes() throws {
        let hub = try hub {
            ($0.loops, $0.requestBytesHeld) = (1, 0)
            // Only who needs the room ends them in time, half of the other after they have stopped.
            $0.deadlines.head = Deadlines.seconds(600)
            $0.deadlines.page = Deadlines.milliseconds(2_000)
        }
        let observer = try hub.client()
        func held() throws -> Double {
            try #require(try observer.metric("message_center_request_bytes_held"))
        }
        // The first request may come together with the end of its own handshake.
        #expect(try eventually { try held() == 0 })
        let clients = try (0..<3).map { _ in
            let client = try RawClient(hub.endpoint, tls: nil)
            try client.transmit(Array(Self.hello.prefix(60)))
            return client
        }
        #expect(try eventually { try held() == Double(3 * Limits.handshakeBytes) })
        // Half of the least share of a loop, used up by others.
        let most = Limits.leastShare / 2 / Limits.handshakeBytes
        let crowd = try (3..<most + 20).map { _ in
            let client = try RawClient(hub.endpoint, tls: nil)
            try client.transmit(Array(Self.hello.prefix(60)))
            return client
        }
        #expect(
            try eventually {
                try observer.metric("message_center_connections_refused_total") ?? 0 >= 20
            })
        #expect(try held() == Double(most * Limits.handshakeBytes))
        // Those that say nothing more make room for who comes.
        #expect(eventually { (try? hub.client().get("/healthz").status) == 200 })
        withExtendedLifetime((clients, crowd)) {}
    }

    @Test("A request is the same in whatever pieces its records come", arguments: [1, 7, 0])
    func pieces(size: Int) throws {
        let hub = try hub()
        let client = try hub.client()
        var random = SplitMix(11)
        try client.send([UInt8]())
        let tls = try #require(client.tls)
        for number in 1...5 {
            var plain = ByteBuffer()
            var sealed = ByteBuffer()
            let body = #"{"topic":"A_B","wid":7,"body":\#(number)}"#
            plain.append(
                "POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
            tls.seal(&plain, into: &sealed)
            var rest = sealed.array[...]
            while !rest.isEmpty {
                let part = rest.prefix(size > 0 ? size : Int.random(in: 1...40, using: &random))
                rest = rest.dropFirst(part.count)
                try client.transmit(Array(part))
            }
            let answer = try client.answer()
            #expect(answer.status == 201 && answer["index"].integer == number, "\(answer.text)")
        }
    }

    @Test("A connection that breaks off within a request changes nothing")
    func truncated() throws {
        let hub = try hub()
        let client = try hub.client()
        try client.send(
            "POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 60\r\n\r\n{\"topic\":\"A_B\","
        )
        // Without close_notify, as somebody between the two could do it.
        client.endSending(sayingSo: false)
        #expect(try client.isClosed())
        #expect(try hub.client().get("/metrics").text.contains("message_center_head 0\n"))
    }

    @Test("A forged record ends its connection, and reaches nobody")
    func forged() throws {
        let hub = try hub()
        let client = try hub.client()
        #expect(try client.get("/healthz").status == 200)
        let content = [UInt8](repeating: 0x41, count: 64)
        try client.transmit([23, 3, 3, 0, 64] + content)
        #expect(throws: RawClient.Failure.self) { try client.answer() }
        #expect(try hub.client().get("/healthz").status == 200)
    }

    @Test("The cookie is for TLS only, and beyond this machine browsers are told to stay with it")
    func browsers() throws {
        let folder = try TemporaryFolder()
        let token = try TokenFileMaker.admin(folder)
        for (listen, isPromised) in [("127.0.0.1:0", false), ("0.0.0.0:0", true)] {
            let hub = try RunningHub(folder: folder) { configuration in
                configuration.tls = TestTLS.files
                configuration.listen = try! .init(listen)
            }
            let client = try RawClient(
                .init("127.0.0.1:\(hub.endpoint.port)"), tls: TestTLS.client)
            let answer = try client.post("/v1/session", ["token": .text(token)])
            #expect(answer[field: "Set-Cookie"]?.hasSuffix("; Secure") == true)
            let page = try client.get("/")
            #expect((page[field: "Strict-Transport-Security"] != nil) == isPromised)
            hub.stop()
        }
    }
}
