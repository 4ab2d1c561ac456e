import Foundation

/// An authority made for tests, and what it vouches for: a hub at 127.0.0.1, and clients.
///
/// Made by `openssl`, whose commands a reader can try by hand.
package final class TestCertificates: Sendable {
    package let folder: TemporaryFolder

    package static let openssl = "/usr/bin/openssl"

    /// Makes an authority, and a hub's certificate.
    package init() throws {
        folder = try TemporaryFolder()
        try run(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=authority", "-days", "2", "-keyout", "ca.key", "-out", "ca.pem")
        try make("hub", name: "hub", extensions: "subjectAltName=DNS:localhost,IP:127.0.0.1")
    }

    /// The authority's certificate.
    package var authority: String { file("ca.pem") }
    /// The hub's certificate, and its key.
    package var hub: String { file("hub.pem") }
    package var hubKey: String { file("hub.key") }

    package func file(_ name: String) -> String { "\(folder.path)/\(name)" }

    /// Makes `file`.pem and `file`.key: a certificate for `name`, for which `issuer` vouches.
    package func make(
        _ file: String, name: String, extensions: String, days: Int = 2, by issuer: String = "ca"
    ) throws {
        try Data((extensions + "\n").utf8).write(to: URL(filePath: self.file("\(file).ext")))
        try run(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
            "/CN=\(name)", "-keyout", "\(file).key", "-out", "\(file).csr")
        try run(
            "x509", "-req", "-in", "\(file).csr", "-CA", "\(issuer).pem", "-CAkey",
            "\(issuer).key", "-CAcreateserial", "-days", String(days), "-extfile", "\(file).ext",
            "-out",
            "\(file).pem")
    }

    /// Makes a client's certificate for `name`.
    package func makeClient(
        _ file: String, name: String, days: Int = 2, by issuer: String = "ca"
    ) throws {
        try make(
            file, name: name, extensions: "extendedKeyUsage=clientAuth", days: days, by: issuer)
    }

    /// Revokes what is in `file`.pem, and puts the list of what is revoked behind the authority's
    /// certificate in `revoking.pem`.
    package func revoke(_ file: String) throws {
        try list(of: "ca", revoking: file)
        var both = try Data(contentsOf: URL(filePath: authority))
        both += try Data(contentsOf: URL(filePath: self.file("ca.crl")))
        try both.write(to: URL(filePath: self.file("revoking.pem")))
    }

    /// Makes `issuer`.crl: what it has revoked, and with `file` what is in `file`.pem.
    package func list(of issuer: String, revoking file: String? = nil) throws {
        try Data().write(to: URL(filePath: self.file("index.txt")))
        try Data("01\n".utf8).write(to: URL(filePath: self.file("crlnumber")))
        try Data(
            """
            [ca]
            default_ca=this
            [this]
            database=index.txt
            crlnumber=crlnumber
            default_md=sha256
            default_crl_days=2
            """.utf8
        ).write(to: URL(filePath: self.file("ca.conf")))
        let common = [
            "ca", "-config", "ca.conf", "-cert", "\(issuer).pem", "-keyfile", "\(issuer).key",
        ]
        if let file { try run(common + ["-revoke", "\(file).pem"]) }
        try run(common + ["-gencrl", "-out", "\(issuer).crl"])
    }

    package func run(_ words: String...) throws { try run(words) }

    private func run(_ words: [String]) throws {
        let run = try ProgramExit(command: ["env", "-C", folder.path, Self.openssl] + words)
        guard run.status == 0 else {
            throw RawClient.Failure(description: "openssl \(words[0]): \(run.errors)")
        }
    }
}
