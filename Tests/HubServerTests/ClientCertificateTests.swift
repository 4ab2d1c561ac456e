import Foundation
import Platform
import TLS
import TestSupport
import Testing
import Wire

@testable import HubServer

@Suite("Client certificates", .enabled(if: ProgramExit.has(TestCertificates.openssl)))
struct ClientCertificateTests {
    private let own: TestCertificates
    private let folder: TemporaryFolder
    private let admin: String

    init() throws {
        own = try TestCertificates()
        folder = try TemporaryFolder()
        admin = try TokenFileMaker.admin(folder)
    }

    private func hub(clock: WallClock = WallClock()) throws -> RunningHub {
        try RunningHub(folder: folder, clock: clock) { configuration in
            configuration.tls = TLSFiles(
                certificate: own.hub, key: own.hubKey, clientAuthorities: own.authority)
        }
    }

    private func client(_ hub: RunningHub, showing name: String?) throws -> RawClient {
        if let name { try own.makeClient("client", name: name) }
        let context = try TLSContext(
            authorities: own.authority,
            certificate: name.map { _ in
                (file: own.file("client.pem"), key: own.file("client.key"))
            })
        return try RawClient(hub.endpoint, tls: context)
    }

    @Test("It speaks for its warehouse, and for nobody else")
    func warehouse() throws {
        let hub = try hub()
        let publisher = try client(hub, showing: nil)
        let published = try publisher.request(
            "POST", "/v1/messages", #"{"topic":"A_B","wid":105,"body":1}"#,
            fields: ["Authorization": "Bearer \(admin)"])
        #expect(published.status == 201)
        let warehouse = try client(hub, showing: "warehouse-105")
        #expect(try warehouse.pull(105)["messages"].elements?.count == 1)
        #expect(try warehouse.pull(106).status == 403)
        #expect(try warehouse.publish(wid: 105).status == 403)
        #expect(try warehouse.get("/v1/warehouses").status == 403)
        #expect(try warehouse.get("/v1/warehouses/105").status == 200)
        // A token that is shown is what counts.
        let fields = ["Authorization": "Bearer \(admin)"]
        #expect(try warehouse.request("GET", "/v1/warehouses", fields: fields).status == 200)
        let wrong = ["Authorization": "Bearer mc_none"]
        #expect(try warehouse.request("GET", "/v1/warehouses/105", fields: wrong).status == 401)
    }

    @Test("It may what a token of its warehouse may, and nothing else")
    func access() throws {
        let hub = try hub()
        let admin = ["Authorization": "Bearer \(admin)"]
        let publisher = try client(hub, showing: nil)
        for (path, body) in [
            ("/v1/messages", #"{"topic":"A_B","wid":3,"body":1}"#), ("/v1/warehouses/3/pull", "{}"),
            ("/v1/warehouses/3/dead-letters", Letter(1).json.serialized()),
        ] {
            #expect(try publisher.request("POST", path, body, fields: admin).status < 300)
        }
        let warehouse = try client(hub, showing: "warehouse-3")
        for operation in OpenAPIDocument.shared.operations where operation.roles != ["anyone"] {
            let names = operation.parameters.compactMap { $0["name"]?.text }
            let path = operation.path()
            let isFiltered = names.contains("wid") && !path.contains("/warehouses/")
            let body = OpenAPIDocument.shared.requestExample(operation)?.serialized()
            let answer = try warehouse.request(
                operation.method, path + (isFiltered ? "?wid=3" : ""),
                operation.method == "GET" ? nil : body ?? "")
            let told = "\(operation.testDescription): \(answer.text)"
            if operation.roles.contains("warehouse") {
                #expect(
                    answer.status < 500 && ![401, 403, 404, 429].contains(answer.status), "\(told)")
            } else {
                #expect(answer.status == 403, "\(told)")
            }
        }
    }

    @Test(
        "A name that is no warehouse's stands for nobody",
        arguments: [
            "105", "warehouse-", "warehouse-0", "warehouse-0105",
            "warehouse-105x", "warehouse-2147483648", "warehouse-99999999999", "Warehouse-105",
            "warehouse-105 ", "xwarehouse-105", "warehouse-105/CN=warehouse-105",
        ])
    func names(name: String) throws {
        let hub = try hub()
        let client = try client(hub, showing: name)
        #expect(try client.pull(105).status == 401)
    }

    @Test("A name that holds a zero does not stand for what is before it")
    func zero() {
        #expect(UInt32(certified: "warehouse-105") == 105)
        #expect(UInt32(certified: "warehouse-105\0") == nil)
        #expect(UInt32(certified: "warehouse-105\0evil") == nil)
    }

    @Test("When it ends, so do its connections, and a pull that waits", arguments: [false, true])
    func ended(waits: Bool) throws {
        let clock = WallClock()
        let hub = try hub(clock: clock)
        let client = try client(hub, showing: "warehouse-105")
        #expect(try client.pull(105).status == 200)
        let shown = try TLSContext(
            certificate: own.file("client.pem"), key: own.file("client.key")
        ).certificate
        let rest = try #require(shown).ends * 1000 - clock.nowMilliseconds()
        clock.offsetMilliseconds += rest - (waits ? 1_500 : 0)
        try client.beginPull(105, #"{"wait":60}"#)
        let answer = try client.answer()
        #expect(answer.status == 401 && answer.code == "unauthorized", "\(answer.text)")
        #expect(answer["detail"].text?.contains("certificate") == true)
        #expect(try client.isClosed())
    }

    @Test(
        "Where certificates are asked for, no session is resumed",
        .enabled(if: ProgramExit.has("/usr/bin/bash")), arguments: ["-tls1_2", "-tls1_3"])
    func resumption(version: String) throws {
        let hub = try hub()
        try own.makeClient("client", name: "warehouse-105")
        let file = own.file("session.pem")
        func told(_ words: String) throws -> String {
            try ProgramExit(command: [
                "bash", "-c",
                "printf 'GET /healthz HTTP/1.1\\r\\nHost: h\\r\\nConnection: close\\r\\n\\r\\n' | "
                    + "timeout 10 openssl s_client -connect \(hub.endpoint) -ign_eof "
                    + "-CAfile \(own.authority) -cert \(own.file("client.pem")) "
                    + "-key \(own.file("client.key")) \(version) \(words) 2>&1",
            ]).output
        }
        let first = try told("-sess_out \(file)")
        #expect(first.contains("New, TLS") && first.contains("200 OK"), "\(first)")
        // In TLS 1.3 there is nothing to keep.
        guard FileManager.default.fileExists(atPath: file) else { return }
        let second = try told("-sess_in \(file)")
        #expect(second.contains("New, TLS") && second.contains("200 OK"), "\(second)")
    }

    @Test("Without one, a token is needed as ever")
    func without() throws {
        let hub = try hub()
        let client = try client(hub, showing: nil)
        #expect(try client.pull(105).status == 401)
        #expect(try client.get("/healthz").status == 200)
    }

    @Test("One of another authority gets no connection")
    func stranger() throws {
        let hub = try hub()
        let other = try TestCertificates()
        try other.makeClient("client", name: "warehouse-105")
        let context = try TLSContext(
            authorities: own.authority,
            certificate: (file: other.file("client.pem"), key: other.file("client.key")))
        #expect(throws: RawClient.Failure.self) {
            try RawClient(hub.endpoint, tls: context).pull(105)
        }
        #expect(
            try client(hub, showing: nil).request(
                "GET", "/metrics", fields: ["Authorization": "Bearer \(admin)"]
            ).text.contains("message_center_tls_handshakes_failed_total 1\n"))
    }

    @Test("When it is revoked its open connections end, and it opens none")
    func revoked() throws {
        let path = own.file("clients.pem")
        try FileManager.default.copyItem(atPath: own.authority, toPath: path)
        let process = try HubProcess(
            folder: folder,
            arguments: [
                "--tls-certificate", own.hub, "--tls-key", own.hubKey, "--tls-client-authority",
                path,
            ])
        try own.makeClient("a", name: "warehouse-1")
        try own.makeClient("b", name: "warehouse-2")
        func connect(_ file: String) throws -> RawClient {
            try RawClient(
                process.endpoint,
                tls: TLSContext(
                    authorities: own.authority,
                    certificate: (file: own.file("\(file).pem"), key: own.file("\(file).key"))))
        }
        let (one, two, waits) = (try connect("a"), try connect("b"), try connect("a"))
        #expect(try one.get("/v1/warehouses/1").status == 404)
        #expect(try two.pull(2).status == 200)
        try waits.begin("POST", "/v1/warehouses/1/pull", #"{"wait":60}"#)
        #expect(
            try eventually {
                try RawClient(process.endpoint, tls: TLSContext(authorities: own.authority))
                    .request("GET", "/metrics", fields: ["Authorization": "Bearer \(admin)"])
                    .text.contains("message_center_waiting_pulls 1\n")
            })

        try own.revoke("a")
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(atPath: own.file("revoking.pem"), toPath: path)
        kill(process.processID, SIGHUP)
        #expect(eventually { process.told.contains("the certificate is read again") })
        // The pull that waited is refused at once, and so is the next request of another.
        for client in [waits, one] {
            if client === one { try client.begin("GET", "/v1/warehouses/1") }
            let refused = try client.answer()
            #expect(refused.status == 401)
            #expect(refused["detail"].text?.contains("certificate") == true)
            #expect(try client.isClosed())
        }
        #expect(throws: RawClient.Failure.self) { try connect("a").pull(1) }
        #expect(try two.pull(2).status == 200)
        #expect(try connect("b").pull(2).status == 200)
    }
}
