import Foundation
import TLS
import TestSupport
import Testing

@Suite("TLS: certificates") struct TLSContextTests {
    private let files = TestTLS.certificates

    @Test("Files that do not go together are refused, each by its name")
    func mistakes() throws {
        let own = try TestCertificates()
        try own.run(
            "ec", "-in", "hub.key", "-aes128", "-passout", "pass:secret", "-out", "locked.key")
        let missing = own.file("none.pem")
        for (certificate, key, authorities, named) in [
            (missing, own.hubKey, nil, missing), (own.hubKey, own.hubKey, nil, own.hubKey),
            (own.hub, missing, nil, missing), (own.hub, files.hubKey, nil, files.hubKey),
            (own.hub, own.file("locked.key"), nil, own.file("locked.key")),
            (own.hub, own.hubKey, missing, missing), (own.hub, own.hubKey, own.hubKey, own.hubKey),
        ] as [(String, String, String?, String)] {
            let failure = #expect(throws: TLSFailure.self) {
                try TLSContext(certificate: certificate, key: key, clientAuthorities: authorities)
            }
            // What was made until then is given back, once.
            #expect(failure?.description.hasPrefix(named) == true, "\(failure as Any)")
        }
    }

    @Test("A certificate tells its name and its end")
    func certificate() throws {
        let own = try TestCertificates()
        try own.make("soon", name: "warehouse-7", extensions: "", days: 1)
        let context = try TLSContext(
            certificate: own.file("soon.pem"), key: own.file("soon.key"))
        let certificate = try #require(context.certificate)
        #expect(certificate.commonName == "warehouse-7")
        let rest = Double(certificate.ends) - Date().timeIntervalSince1970
        #expect(rest > 86_000 && rest < 86_500)
    }

    @Test("A client's certificate is asked for, believed, and no longer so when it is revoked")
    func clients() throws {
        let own = try TestCertificates()
        try own.makeClient("w7", name: "warehouse-7")
        let asking = try TLSContext(
            certificate: own.hub, key: own.hubKey, clientAuthorities: own.authority)
        let showing = try TLSContext(
            authorities: own.authority,
            certificate: (file: own.file("w7.pem"), key: own.file("w7.key")))
        var pair = try TLSPair(server: asking, client: showing)
        #expect(pair.settle() == (.opened, .opened))
        #expect(pair.server.peer?.commonName == "warehouse-7")
        #expect(pair.server.wouldBeTrusted(by: asking))

        try own.revoke("w7")
        let revoking = try TLSContext(
            certificate: own.hub, key: own.hubKey, clientAuthorities: own.file("revoking.pem"))
        #expect(!pair.server.wouldBeTrusted(by: revoking))
        var again = try TLSPair(server: revoking, client: showing)
        guard case .failed(let failure) = again.settle().server else {
            Issue.record("a revoked certificate was believed")
            return
        }
        #expect(failure.description.contains("certificate verify failed"))
        // Who shows none comes in as ever.
        var without = try TLSPair(
            server: revoking, client: try TLSContext(authorities: own.authority))
        #expect(without.settle() == (.opened, .opened))
        #expect(without.server.peer == nil)
    }

    @Test("A certificate of another authority, or for another purpose, is not believed")
    func strangers() throws {
        let (own, other) = (try TestCertificates(), try TestCertificates())
        try other.makeClient("w7", name: "warehouse-7")
        try own.make("server", name: "warehouse-7", extensions: "extendedKeyUsage=serverAuth")
        let asking = try TLSContext(
            certificate: own.hub, key: own.hubKey, clientAuthorities: own.authority)
        for (folder, name) in [(other, "w7"), (own, "server")] {
            let showing = try TLSContext(
                authorities: own.authority,
                certificate: (file: folder.file("\(name).pem"), key: folder.file("\(name).key")))
            var pair = try TLSPair(server: asking, client: showing)
            guard case .failed = pair.settle().server else {
                Issue.record("\(name) was believed")
                continue
            }
            #expect(!pair.server.isEstablished)
        }
    }

    @Test("A name that is not one name, and all of it, is none")
    func names() throws {
        let own = try TestCertificates()
        try own.make("two", name: "warehouse-7/CN=warehouse-8", extensions: "")
        try own.make("zero", name: "warehouse-7Zevil", extensions: "")
        // The signature is of another name then, which nobody looks at here.
        let text = try String(contentsOfFile: own.file("zero.pem"), encoding: .utf8)
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("-----") }
        var bytes = Array(try #require(Data(base64Encoded: lines.joined())))
        let place = try #require(bytes.firstRange(of: Array("Zevil".utf8))).lowerBound
        bytes[place] = 0
        let body = Data(bytes).base64EncodedString(options: .lineLength64Characters)
        try "-----BEGIN CERTIFICATE-----\n\(body)\n-----END CERTIFICATE-----\n".write(
            toFile: own.file("zero.pem"), atomically: true, encoding: .utf8)
        for (file, name) in [("two", nil), ("zero", "warehouse-7\0evil")] as [(String, String?)] {
            let context = try TLSContext(
                certificate: own.file("\(file).pem"), key: own.file("\(file).key"))
            #expect(context.certificate?.commonName == name)
        }
    }
}
