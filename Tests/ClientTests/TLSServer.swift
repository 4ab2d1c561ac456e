import Foundation
import Platform
import TestSupport

/// `openssl s_server` with a certificate of an authority made for it, which asks clients for one.
final class TLSServer {
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

/// What ends TLS in front of a hub, and asks clients for a certificate of the authority.
final class TLSFront {
    let url: String
    private let process = Process()

    /// Arguments: folder of the certificates, port of the hub, file to write the port into.
    private static let script = """
        import socket, ssl, sys, threading
        folder, port, told = sys.argv[1], int(sys.argv[2]), sys.argv[3]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder + "/server.pem", folder + "/server.key")
        context.load_verify_locations(folder + "/ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        listener = socket.create_server(("127.0.0.1", 0))
        open(told, "w").write("%d\\n" % listener.getsockname()[1])
        def copy(source, sink):
            try:
                while data := source.recv(65536):
                    sink.sendall(data)
                sink.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        def serve(plain):
            try:
                client = context.wrap_socket(plain, server_side=True)
            except OSError:
                return
            hub = socket.create_connection(("127.0.0.1", port))
            threading.Thread(target=copy, args=(hub, client), daemon=True).start()
            copy(client, hub)
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """

    /// - Parameter authority: whose certificates are used.
    init(_ authority: TLSServer, before hub: Endpoint) throws {
        let told = authority.file("front")
        process.executableURL = URL(filePath: "/usr/bin/python3")
        let port = "\(hub)".split(separator: ":").last.map(String.init) ?? ""
        process.arguments = ["-c", Self.script, authority.folder.path, port, told]
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        var text = ""
        let isThere = eventually {
            text = (try? String(contentsOfFile: told, encoding: .utf8)) ?? ""
            return text.hasSuffix("\n")
        }
        guard isThere else { throw RawClient.Failure(description: "python3 did not start") }
        url = "https://127.0.0.1:\(text.dropLast())"
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
