import Foundation
import Platform
import TestSupport

/// nginx with the file that operators are given, in front of a hub. Of the file only addresses and
/// paths are others.
final class NginxProcess: @unchecked Sendable {
    // Unchecked: the process is started and ended by one thread; all else is constant.
    let port: UInt16
    /// The port on which it only tells where to go.
    let plainPort: UInt16
    private let folder: TemporaryFolder
    private let process = Process()

    init(hub: Endpoint) throws {
        folder = try TemporaryFolder()
        (port, plainPort) = try (Self.freePort(), Self.freePort())
        try Self.makeCertificate(in: folder.path)
        let site = try Example.text("nginx.conf")
            .replacing("listen 443 ssl", with: "listen 127.0.0.1:\(port) ssl")
            .replacing("listen [::]:443 ssl", with: "listen unix:\(folder.path)/tls ssl")
            .replacing("listen 80", with: "listen 127.0.0.1:\(plainPort)")
            .replacing("listen [::]:80", with: "listen unix:\(folder.path)/plain")
            .replacing("server 127.0.0.1:8088", with: "server \(hub)")
            .replacing("/etc/letsencrypt/live/hub.example.com", with: folder.path)
        try site.write(
            toFile: folder.path + "/site.conf", atomically: true, encoding: .utf8)
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder.path)/\($0);" }.joined(separator: " ")
        try """
        daemon off; master_process off; pid \(folder.path)/pid; error_log \(folder.path)/errors;
        events { worker_connections 2048; }
        http { access_log off; \(temporary) include \(folder.path)/site.conf; }
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

    /// What it has told.
    var errors: String {
        (try? String(contentsOfFile: folder.path + "/errors", encoding: .utf8)) ?? ""
    }

    /// Asks through it by curl.
    func curl(_ path: String, _ words: [String] = []) throws -> ProgramExit {
        try ProgramExit(
            command: [
                "curl", "--silent", "--show-error", "--max-time", "25", "--cacert",
                folder.path + "/fullchain.pem", "https://127.0.0.1:\(port)\(path)",
            ] + words)
    }

    /// A configuration of curl with as many requests as there are paths.
    func curlParallel(_ paths: [String], _ words: [String]) throws -> ProgramExit {
        let list = folder.path + "/urls"
        try paths.map { "url = \"https://127.0.0.1:\(port)\($0)\"\noutput = \"/dev/null\"\n" }
            .joined().write(toFile: list, atomically: true, encoding: .utf8)
        return try ProgramExit(
            command: [
                "curl", "--silent", "--show-error", "--max-time", "25", "--cacert",
                folder.path + "/fullchain.pem", "--config", list, "--parallel",
                "--parallel-immediate", "--parallel-max", "\(paths.count)",
            ] + words)
    }

    /// A port that nobody listens on.
    private static func freePort() throws -> UInt16 {
        try Listener(Endpoint("127.0.0.1:0")).localEndpoint.port
    }

    private static func makeCertificate(in folder: String) throws {
        let made = try ProgramExit(command: [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-subj", "/CN=hub", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2",
            "-keyout", "\(folder)/privkey.pem", "-out", "\(folder)/fullchain.pem",
        ])
        guard made.status == 0 else { throw Tool.Missing(description: made.errors) }
    }

    deinit {
        // Not SIGTERM: a child inherits the mask of the thread that starts it.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
