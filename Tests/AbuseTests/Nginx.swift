import Foundation
import Platform
import TestSupport

/// An nginx in front of a hub, with kept connections between them.
final class Nginx {
    let endpoint: Endpoint
    private let process = Process()
    private let folder: TemporaryFolder

    /// Of the system, or as `scripts/setup test` has brought it.
    static let program: String? = {
        let brought = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../.build/tools").standardized.path
        return ["/usr/sbin", "/usr/bin", brought + "/usr/sbin"].map { $0 + "/nginx" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// - Parameter buffers: whether it gathers a request before it passes it on, as it does by
    ///   itself; if not, it passes on what comes as it comes.
    init(before hub: Endpoint, buffers: Bool) throws {
        folder = try TemporaryFolder()
        // A port that was free a moment ago: nginx does not tell which one it was given.
        let port = try LoopbackSocket()
        close(port.descriptor)
        endpoint = try Endpoint("127.0.0.1:\(port.port)")
        let path = folder.path
        let configuration = """
            daemon off; master_process off; pid \(path)/pid; error_log \(path)/error.log info;
            events { worker_connections 256; }
            http {
                access_log \(path)/access.log;
                client_body_temp_path \(path)/body; proxy_temp_path \(path)/proxy;
                fastcgi_temp_path \(path)/f; uwsgi_temp_path \(path)/u; scgi_temp_path \(path)/s;
                client_max_body_size 16m;
                # Who stops in the middle is not waited for.
                client_header_timeout 1s; client_body_timeout 1s; lingering_close off;
                # As lenient as it can be made: the hub has to be strict by itself.
                ignore_invalid_headers off; underscores_in_headers on; merge_slashes off;
                upstream hub { server \(hub); keepalive 4; }
                server {
                    listen \(endpoint);
                    location /v1/messages { return 403; }
                    location / {
                        proxy_pass http://hub;
                        proxy_http_version 1.1;
                        proxy_set_header Connection "";
                        proxy_request_buffering \(buffers ? "on" : "off");
                        proxy_next_upstream off;
                    }
                }
            }
            """
        let file = path + "/nginx.conf"
        try Data(configuration.utf8).write(to: URL(filePath: file))
        process.executableURL = URL(filePath: Self.program ?? "/usr/sbin/nginx")
        process.arguments = ["-p", path, "-c", file, "-e", path + "/error.log"]
        process.standardError = FileHandle.nullDevice
        try process.run()
        let isUp = eventually {
            (try? RawClient(endpoint, tls: nil).get("/healthz").status) == 200
        }
        guard isUp else {
            let log = (try? String(contentsOfFile: path + "/error.log", encoding: .utf8)) ?? ""
            throw RawClient.Failure(description: "nginx does not answer: \(log)")
        }
    }

    func client() throws -> RawClient { try RawClient(endpoint, tls: nil) }

    deinit {
        // Where the threads of a test block SIGTERM, so does what they start.
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }
}
