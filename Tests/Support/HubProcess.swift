import Foundation
import HubServer
package import Platform

/// The built program running as a hub in a process of its own, which a test may kill.
package final class HubProcess: @unchecked Sendable {
    // Unchecked: used by one thread at a time; killing is safe from any.

    /// It did not come up, or not down, in time.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package let endpoint: Endpoint
    package let folder: TemporaryFolder
    private let speaksTLS: Bool
    private let process: Process
    private let log: String

    /// The program stands beside the tests in the build directory.
    package static var program: String {
        URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "message-center").path
    }

    /// Starts it and waits until it listens.
    ///
    /// - Parameters:
    ///   - data: its data folder, if that is not `folder`, where it logs.
    ///   - wrapper: a command to run the program under, such as `prlimit`.
    ///   - inClear: whether it speaks no TLS, unless `arguments` say how it does.
    ///   - environment: variables beside the few that every program here gets.
    package init(
        folder: TemporaryFolder? = nil, data: String? = nil, arguments: [String] = [],
        wrapper: [String] = [], environment: [String: String] = [:], inClear: Bool = !TestTLS.isOn
    ) throws {
        let folder = try folder ?? TemporaryFolder()
        log = folder.path + "/hub.log"
        guard FileManager.default.createFile(atPath: log, contents: nil) else {
            throw Failure(description: "\(log) cannot be made")
        }
        // How full this machine's disk is, is no business of a test.
        let standard = ["listen": "127.0.0.1:0", "log-format": "json", "min-free": "off"]
            .filter { !arguments.contains("--\($0.key)") }.flatMap { ["--\($0.key)", $0.value] }
        let tls =
            inClear || arguments.contains("--tls-certificate")
            ? [] : ["--tls-certificate", TestTLS.files.certificate, "--tls-key", TestTLS.files.key]
        let command =
            wrapper + [Self.program, "serve", "--data", data ?? folder.path] + standard
            + tls + arguments
        speaksTLS = command.contains("--tls-certificate")
        process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.environment = ["SWIFT_BACKTRACE": "enable=no", "PATH": "/usr/bin:/bin"].merging(
            environment
        ) { $1 }
        process.standardError = FileHandle(forWritingAtPath: log)
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        self.folder = folder
        endpoint = try Self.endpoint(in: log, of: process)
    }

    /// Waits for the line that tells where it listens.
    private static func endpoint(in log: String, of process: Process) throws -> Endpoint {
        let deadline = ContinuousClock.now + .seconds(30)
        let mark = "://"
        while ContinuousClock.now < deadline {
            let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            if let said = text.range(of: "listens on http"),
                let start = text[said.upperBound...].range(of: mark),
                text[start.upperBound...].contains(",")
            {
                return try Endpoint(text[start.upperBound...].prefix { $0 != "," })
            }
            guard process.isRunning else { throw Failure(description: "did not start: \(text)") }
            usleep(2000)
        }
        throw Failure(description: "did not start in time")
    }

    /// What it has told so far.
    package var told: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    package var isRunning: Bool { process.isRunning }
    package var processID: Int32 { process.processIdentifier }

    /// Where clients find it.
    package var url: String { "http\(speaksTLS ? "s" : "")://\(endpoint)" }

    package func client() throws -> RawClient {
        try RawClient(endpoint, tls: speaksTLS ? TestTLS.client : nil)
    }

    /// kill -9: nothing is finished, nothing flushed.
    package func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// SIGTERM, and no waiting for what comes of it.
    package func terminate() { process.terminate() }

    /// SIGTERM: it ends by itself. Returns its exit status, and how long it took.
    @discardableResult
    package func stop(within seconds: Double = 10) throws -> (status: Int32, took: Duration) {
        let began = ContinuousClock.now
        process.terminate()
        while process.isRunning {
            guard ContinuousClock.now - began < .seconds(seconds) else {
                kill()
                throw Failure(description: "did not stop in time")
            }
            usleep(2000)
        }
        return (process.terminationStatus, ContinuousClock.now - began)
    }

    deinit {
        if process.isRunning { kill() }
    }
}
