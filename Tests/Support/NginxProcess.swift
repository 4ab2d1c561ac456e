import Foundation
import HubServer
package import Platform

/// nginx with the file that operators are given, in front of a hub. Of the file only addresses and
/// paths are others, and what a test says.
///
/// Whoever asks from this machine may name the address that he seems to come from, in the field
/// `X-Test-Address`.
package final class NginxProcess: @unchecked Sendable {
    // Unchecked: the process is started and ended by one thread; all else is constant.
    package let port: UInt16
    /// The port without TLS.
    package let plainPort: UInt16
    /// The folder that answers for an authority come from.
    package let challenges: String
    private let folder: TemporaryFolder
    private let process = Process()

    /// - Parameter changes: what stands in the file, each once, and what is to stand there.
    package init(hub: Endpoint, changes: [(String, String)] = []) throws {
        folder = try TemporaryFolder()
        (port, plainPort) = try (Self.freePort(), Self.freePort())
        challenges = folder.path + "/challenges"
        let files = TestTLS.files
        let site = "/etc/letsencrypt/live/hub.example.com/"
        let text = try Self.apply(
            changes + [
                // The system takes little of an answer that a client does not take.
                ("listen 443 ssl", "listen 127.0.0.1:\(port) ssl sndbuf=64k"),
                ("listen [::]:443 ssl", "listen unix:\(folder.path)/tls ssl"),
                ("listen 80", "listen 127.0.0.1:\(plainPort)"),
                ("listen [::]:80", "listen unix:\(folder.path)/plain"),
                ("server 127.0.0.1:8088", "server \(hub)"),
                (site + "fullchain.pem", files.certificate), (site + "privkey.pem", files.key),
                ("root /var/www/challenges", "root \(challenges)"),
            ])
        try text.write(toFile: folder.path + "/site.conf", atomically: true, encoding: .utf8)
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder.path)/\($0);" }.joined(separator: " ")
        try """
        daemon off; master_process off; pid \(folder.path)/pid; error_log \(folder.path)/errors;
        events { worker_connections 2048; }
        http {
            access_log off; \(temporary)
            set_real_ip_from 127.0.0.1; real_ip_header X-Test-Address;
            include \(folder.path)/site.conf;
        }
        """.write(toFile: folder.path + "/nginx.conf", atomically: true, encoding: .utf8)
        process.executableURL = URL(filePath: try Tool.path("nginx"))
        process.arguments = [
            "-p", folder.path, "-c", folder.path + "/nginx.conf", "-e", folder.path + "/errors",
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        let port = port
        let answers = eventually {
            (try? Socket.connect(to: Endpoint("127.0.0.1:\(port)"), timeout: 1000)) != nil
        }
        guard answers else { throw Tool.Missing(description: "nginx did not start: \(errors)") }
    }

    private static func apply(_ changes: [(String, String)]) throws -> String {
        var text = try Example.text("nginx.conf")
        for (old, new) in changes {
            guard text.ranges(of: old).count == 1 else {
                throw Tool.Missing(description: "nginx.conf does not say once: \(old)")
            }
            text = text.replacing(old, with: new)
        }
        return text
    }

    /// What it has told.
    package var errors: String {
        (try? String(contentsOfFile: folder.path + "/errors", encoding: .utf8)) ?? ""
    }

    /// A client that speaks TLS with it.
    package func client() throws -> RawClient {
        try RawClient(Endpoint("127.0.0.1:\(port)"), tls: TestTLS.client)
    }

    /// Asks through it by curl.
    package func curl(_ path: String, _ words: [String] = []) throws -> ProgramExit {
        try ProgramExit(
            command: Self.curl + ["https://127.0.0.1:\(port)\(path)"] + words)
    }

    /// A configuration of curl with as many requests as there are paths.
    package func curlParallel(_ paths: [String], _ words: [String]) throws -> ProgramExit {
        let list = folder.path + "/urls"
        try paths.map { "url = \"https://127.0.0.1:\(port)\($0)\"\noutput = \"/dev/null\"\n" }
            .joined().write(toFile: list, atomically: true, encoding: .utf8)
        return try ProgramExit(
            command: Self.curl + [
                "--config", list, "--parallel", "--parallel-immediate", "--parallel-max",
                "\(paths.count)",
            ] + words)
    }

    private static var curl: [String] {
        [
            "curl", "--silent", "--show-error", "--max-time", "25", "--cacert",
            TestTLS.certificates.authority,
        ]
    }

    /// A port that nobody listens on.
    private static func freePort() throws -> UInt16 {
        try Listener(Endpoint("127.0.0.1:0")).localEndpoint.port
    }

    deinit {
        // Where it was never started, its number is 0, which means this process and its like.
        guard process.isRunning else { return }
        // Not SIGTERM: a child inherits the mask of the thread that starts it.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
