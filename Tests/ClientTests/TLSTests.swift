import Foundation
import MessageCenterClient
import TestSupport
import Testing

@Suite("TLS", .serialized, .enabled(if: TLSServer.canRun))
struct TLSTests {
    @Test(
        "A server of a private authority is trusted where that is named, and asks for a certificate"
    )
    func both() async throws {
        let server = try TLSServer()
        let sender = try HTTPSender(
            base: server.url,
            options: HTTPOptions(
                certificateAuthority: server.file("ca.pem"),
                clientCertificate: server.file("client.pem"),
                clientKey: server.file("client.key")))
        let answer = try await sender.perform(HTTPRequest("GET", "/"))
        #expect(answer.status == 200)
        // The server's page tells whom it saw.
        let page = String(decoding: answer.body, as: UTF8.self).replacing(" ", with: "")
        #expect(page.contains("Subject:CN=shop"))
    }

    @Test("A server that nobody vouches for is refused")
    func untrusted() async throws {
        let server = try TLSServer()
        let sender = try HTTPSender(base: server.url)
        let failure = await #expect(throws: TransportFailure.self) {
            try await sender.perform(HTTPRequest("GET", "/"))
        }
        #expect(failure?.reason == .insecure && failure?.isPassing == false)
    }

    @Test("Without the certificate it asks for, a server gives no answer")
    func withoutCertificate() async throws {
        let server = try TLSServer()
        let sender = try HTTPSender(
            base: server.url, options: HTTPOptions(certificateAuthority: server.file("ca.pem")))
        await #expect(throws: TransportFailure.self) {
            try await sender.perform(HTTPRequest("GET", "/"))
        }
    }

    @Test("A publisher tells an untrusted hub at once, and keeps the message where it has a spool")
    func publisher() async throws {
        let server = try TLSServer()
        let publisher = try MessagePublisher(url: server.url, wid: 1, settings: .quick)
        let result = await publisher.publish(topic: "A_B", body: 1)
        #expect(result.code == PublishCode.unusable)
        var settings = PublishSettings.quick
        settings.spool = SpoolSettings(
            folder: server.folder.path + "/spool", patience: .milliseconds(50))
        let patient = try MessagePublisher(url: server.url, wid: 1, settings: settings)
        #expect(await patient.publish(topic: "A_B", body: 1).isSuccess)
        await patient.close()
    }
}

/// `openssl s_server` with a certificate of an authority made for it, which asks clients for one.
private final class TLSServer {
    let folder: TemporaryFolder
    let url: String
    private let process = Process()

    static let canRun = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")

    init() throws {
        folder = try TemporaryFolder()
        let path = folder.path
        try Self.openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=authority "
                + "-days 2 -keyout ca.key -out ca.pem", in: path)
        try Data("subjectAltName=IP:127.0.0.1\n".utf8).write(
            to: URL(filePath: path + "/server.ext"))
        try Data("extendedKeyUsage=clientAuth\n".utf8).write(
            to: URL(filePath: path + "/client.ext"))
        for (name, subject) in [("server", "hub"), ("client", "shop")] {
            try Self.openssl(
                "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=\(subject) "
                    + "-keyout \(name).key -out \(name).csr", in: path)
            try Self.openssl(
                "x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 "
                    + "-extfile \(name).ext -out \(name).pem", in: path)
        }
        let log = path + "/server.log"
        try Data().write(to: URL(filePath: log))
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.currentDirectoryURL = URL(filePath: path)
        process.arguments =
            ["s_server", "-accept", "127.0.0.1:0", "-cert", "server.pem", "-key", "server.key"]
            + ["-CAfile", "ca.pem", "-Verify", "1", "-verify_return_error", "-www"]
        process.standardOutput = FileHandle(forWritingAtPath: log)
        process.standardError = FileHandle.nullDevice
        // An end of its input would end it.
        process.standardInput = Pipe()
        try process.run()
        url = try "https://127.0.0.1:\(Self.port(in: log))"
    }

    func file(_ name: String) -> String { "\(folder.path)/\(name)" }

    /// It tells its port as `ACCEPT 127.0.0.1:40000`.
    private static func port(in log: String) throws -> Substring {
        var text = ""
        let isThere = eventually {
            text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            return text.contains("ACCEPT") && text.hasSuffix("\n")
        }
        guard isThere,
            let line = text.split(separator: "\n").first(where: { $0.contains("ACCEPT") }),
            let port = line.split(separator: ":").last
        else { throw RawClient.Failure(description: "openssl did not start: \(text)") }
        return port
    }

    private static func openssl(_ words: String, in folder: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.currentDirectoryURL = URL(filePath: folder)
        process.arguments = words.split(separator: " ").map(String.init)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw RawClient.Failure(description: "openssl \(words)")
        }
    }

    deinit {
        // Not SIGTERM: a child inherits the mask of the thread that starts it.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
