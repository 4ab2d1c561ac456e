import Foundation
import TLS
import TestSupport
import Testing

/// Who vouches for clients, and who is taken back.
@Suite("TLS: revocation") struct RevocationTests {
    private let own: TestCertificates

    init() throws {
        own = try TestCertificates()
    }

    private func read(_ name: String) throws -> String {
        try String(contentsOfFile: own.file(name), encoding: .utf8)
    }

    private func asking(_ content: String) throws -> TLSContext {
        try asking(Data(content.utf8))
    }

    private func asking(_ content: Data) throws -> TLSContext {
        try content.write(to: URL(filePath: own.file("clients.pem")))
        return try TLSContext(
            certificate: own.hub, key: own.hubKey, clientAuthorities: own.file("clients.pem"))
    }

    @Test("A file is whole blocks, and text beside them; what is not is refused by its line")
    func files() throws {
        try own.makeClient("w7", name: "warehouse-7")
        try own.revoke("w7")
        let (authority, list) = (try read("ca.pem"), try read("ca.crl"))
        try own.run("x509", "-in", "ca.pem", "-text", "-out", "text.pem")
        try own.run("crl", "-in", "ca.crl", "-text", "-out", "list.pem")
        let underlined = "# Ours\n\n  of the shop:\n\(String(repeating: "=", count: 60))\n"
        let good: [String] = [
            authority + list, list + authority,
            "\(underlined)\(authority)\n\n\(list)\nthe end",
            try read("text.pem") + read("list.pem"),
            (authority + list).replacing("\n", with: "\r\n"),
        ]
        for good in good {
            let context = try asking(good)
            #expect(context.authorities == 1 && context.revocationLists == 1)
        }
        #expect(try asking(authority).revocationLists == 0)

        func lines(_ range: Range<Int>) -> String {
            list.split(separator: "\n")[range].map { "\($0)\n" }.joined()
        }
        let end = list.split(separator: "\n").count
        let bad: [String] = [
            // Cut within its first line, without it, within its last, without that.
            String(list.dropFirst(3)), String(list.prefix(9)), lines(1..<end),
            lines(1..<end - 1), String(list.dropLast(4)), lines(0..<end - 1),
            list.replacing("CRL", with: "CLR"), try read("ca.key"), "\u{0}",
        ]
        for bad in bad.map({ authority + $0 }) {
            let failure = #expect(throws: TLSFailure.self) { try asking(bad) }
            #expect(
                failure?.description.hasPrefix(own.file("clients.pem")) == true,
                "\(failure as Any)")
        }
        try own.run("crl", "-in", "ca.crl", "-outform", "DER", "-out", "ca.der")
        let binary = try Data(contentsOf: URL(filePath: own.file("ca.der")))
        #expect(throws: TLSFailure.self) { try asking(Data(authority.utf8) + binary) }
    }

    /// Whether the client's certificate is believed, on a new connection.
    private func believes(_ context: TLSContext, _ file: String) throws -> Bool {
        let showing = try TLSContext(
            authorities: own.authority,
            certificate: (file: own.file("\(file).pem"), key: own.file("\(file).key")))
        var pair = try TLSPair(server: context, client: showing)
        let outcome = pair.settle().server
        return outcome == .opened && pair.server.peer != nil
    }

    @Test("An authority that is revoked takes with it whomever it has vouched for")
    func between() throws {
        try own.make(
            "middle", name: "middle",
            extensions: "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign,cRLSign")
        try own.makeClient("w7", name: "warehouse-7", by: "middle")
        // The client shows who vouches for it.
        try (read("w7.pem") + read("middle.pem")).write(
            toFile: own.file("w7.pem"), atomically: true, encoding: .utf8)
        let authority = try read("ca.pem")
        #expect(try believes(asking(authority), "w7"))
        // A list of every authority in the chain: one says nothing of the other's.
        try own.list(of: "ca")
        try own.list(of: "middle")
        let lists = (try read("ca.crl"), try read("middle.crl"))
        #expect(try believes(asking(authority + lists.0 + lists.1), "w7"))
        #expect(try !believes(asking(authority + lists.0), "w7"))
        #expect(try !believes(asking(authority + lists.1), "w7"))
        try own.revoke("middle")
        #expect(try !believes(asking(authority + read("ca.crl") + lists.1), "w7"))
    }
}
