import Foundation
import HubServer
import TLS
import TestSupport
import Testing
import Wire

@Suite("TLS: certificates read again", .enabled(if: ProgramExit.has(TestCertificates.openssl)))
struct TLSReloadTests {
    private let own: TestCertificates
    private let hub: HubProcess
    private let client: TLSContext

    init() throws {
        own = try TestCertificates()
        hub = try HubProcess(
            arguments: [
                "--loops", "2", "--tls-certificate", own.hub, "--tls-key", own.hubKey,
            ])
        client = try TLSContext(authorities: own.authority)
    }

    private func connect() throws -> RawClient {
        let raw = try RawClient(hub.endpoint, tls: client)
        #expect(try raw.get("/healthz").status == 200)
        return raw
    }

    private func hangUp(_ expected: String) {
        let before = hub.told.components(separatedBy: expected).count
        kill(hub.processID, SIGHUP)
        #expect(eventually { hub.told.components(separatedBy: expected).count == before + 1 })
    }

    @Test("After SIGHUP who comes gets the new certificate, and who is there goes on")
    func renewed() throws {
        let there = try (0..<8).map { _ in try connect() }
        #expect(there[0].tls?.peer?.commonName == "hub")
        let waiting = try connect()
        try waiting.begin("POST", "/v1/warehouses/7/pull", #"{"wait":30}"#)
        try own.make(
            "hub", name: "renewed", extensions: "subjectAltName=DNS:localhost,IP:127.0.0.1")
        hangUp("the certificate is read again")
        #expect(
            try eventually { try connect().tls?.peer?.commonName == "renewed" })
        for client in there { #expect(try client.get("/healthz").status == 200) }
        #expect(try there[0].publish(wid: 7).status == 201)
        #expect(try waiting.answer()["messages"].elements?.count == 1)
        #expect(there[0].tls?.peer?.commonName == "hub")
    }

    @Test("Files that do not go together leave everything as it was, and the log tells why")
    func mistaken() throws {
        let before = try connect()
        try own.make("other", name: "other", extensions: "")
        try FileManager.default.removeItem(atPath: own.hubKey)
        try FileManager.default.copyItem(atPath: own.file("other.key"), toPath: own.hubKey)
        hangUp("the certificate stays as it was")
        #expect(hub.told.contains("is no private key of"))
        #expect(try before.get("/healthz").status == 200)
        #expect(try connect().tls?.peer?.commonName == "hub")
    }

    @Test(
        "A file of clients' authorities that is not whole leaves everything as it was",
        arguments: ["", "no certificate", "-----BEGIN CERTIFICATE-----\nMIIB", nil])
    func brokenAuthorities(content: String?) throws {
        let path = own.file("clients.pem")
        try FileManager.default.copyItem(atPath: own.authority, toPath: path)
        let asking = try HubProcess(
            arguments: [
                "--tls-certificate", own.hub, "--tls-key", own.hubKey, "--tls-client-authority",
                path,
            ])
        let before = try RawClient(asking.endpoint, tls: client)
        #expect(try before.get("/healthz").status == 200)
        try FileManager.default.removeItem(atPath: path)
        if let content { try content.write(toFile: path, atomically: true, encoding: .utf8) }
        kill(asking.processID, SIGHUP)
        #expect(eventually { asking.told.contains("the certificate stays as it was: \(path) ") })
        #expect(try before.get("/healthz").status == 200)
        #expect(try RawClient(asking.endpoint, tls: client).get("/healthz").status == 200)
        #expect(try asking.stop().status == 0)
    }

    @Test("A file that has lost its revocation list leaves everything as it was")
    func lostList() throws {
        try own.makeClient("w7", name: "warehouse-7")
        try own.revoke("w7")
        let path = own.file("clients.pem")
        func put(_ name: String) throws {
            try? FileManager.default.removeItem(atPath: path)
            try FileManager.default.copyItem(atPath: own.file(name), toPath: path)
        }
        try put("revoking.pem")
        let asking = try HubProcess(
            arguments: [
                "--tls-certificate", own.hub, "--tls-key", own.hubKey, "--tls-client-authority",
                path,
            ])
        #expect(eventually { asking.told.contains("authorities 1, revocation lists 1") })
        try put("ca.pem")
        kill(asking.processID, SIGHUP)
        #expect(
            eventually {
                asking.told.contains("the certificate stays as it was: \(path) holds no revocation")
            })
        let revoked = try TLSContext(
            authorities: own.authority,
            certificate: (file: own.file("w7.pem"), key: own.file("w7.key")))
        #expect(throws: RawClient.Failure.self) {
            try RawClient(asking.endpoint, tls: revoked).get("/healthz")
        }
        try put("revoking.pem")
        kill(asking.processID, SIGHUP)
        #expect(eventually { asking.told.contains("the certificate is read again") })
        #expect(try asking.stop().status == 0)
    }

    @Test("A certificate that ends soon is told of at the start and with each reading")
    func ending() throws {
        // The test's certificates are good for two days.
        #expect(hub.told.contains("the certificate expires in "))
        hangUp("the certificate expires in")
        #expect(hub.told.contains("listens on https://"))
    }
}
