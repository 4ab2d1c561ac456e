import Foundation
import Platform
import TestSupport
import Wire

/// Chromium, driven by a chromedriver of its own over WebDriver
/// (https://www.w3.org/TR/webdriver2/).
///
/// All tests share one, for its start takes a second, and take turns: `BrowserTests` is serialized.
/// Its processes end with this one, however this one ends.
final class Browser: @unchecked Sendable {
    // Unchecked: used by one test at a time.

    /// A refusal of the driver; `code` is its stable word, such as `no such element`.
    struct Failure: Error, CustomStringConvertible {
        let code: String
        let detail: String
        var description: String { "\(code): \(detail.prefix(600))" }
    }

    private static let started = Result { try Browser() }

    /// The one browser; started by the first who asks.
    static var shared: Browser { get throws { try started.get() } }

    /// Runs until its input ends, as it does with the process that holds the other end; then kills
    /// the process group of all that it has started, which blocks the signals that tests block.
    ///
    /// The driver takes a port of IPv6 first, and ends where that is not free in IPv4: then it is
    /// started once more.
    private static let guardian = """
        setsid sh -c 'for try in 1 2 3 4 5; do chromedriver --port=0; done' \
            >"$1/driver.log" 2>&1 &
        group=$!
        read -r _
        kill -s KILL -- "-$group"
        for try in 1 2 3 4 5 6 7 8 9; do rm -rf "$1" 2>/dev/null && break; sleep 0.2; done
        """

    /// Longer than any single step takes on a machine that does other things, too.
    private static let patience = Duration.seconds(60)

    private let process = Process()
    private let input = Pipe()
    private let client: RawClient
    private var session = ""

    private init() throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "message-center-browser-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        // Nobody else's child may hold the end whose closing ends the browser.
        _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["sh", "-c", Self.guardian, "sh", folder]
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        client = try RawClient(
            Endpoint("127.0.0.1:\(Self.port(folder + "/driver.log"))"), tls: nil)
        client.timeout = Self.patience
        let answer = try call("POST", "/session", Self.capabilities(folder))
        session = answer["sessionId"]?.text ?? ""
        try tools("Page.addScriptToEvaluateOnNewDocument", ["source": .text(Page.recorder)])
    }

    /// Waits until the driver has told where it listens.
    private static func port(_ log: String) throws -> Int {
        let mark = "started successfully on port "
        let deadline = ContinuousClock.now + patience
        var told = ""
        while ContinuousClock.now < deadline, !told.contains("not found") {
            told = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            if let range = told.range(of: mark), told[range.upperBound...].contains("."),
                let port = Int(told[range.upperBound...].prefix { $0.isNumber })
            {
                return port
            }
            usleep(5000)
        }
        throw Failure(
            code: "no chromedriver", detail: "scripts/setup test installs it. It said: \(told)")
    }

    private static func capabilities(_ folder: String) -> JSONValue {
        let arguments: [JSONValue] = [
            "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-gpu", "--disable-extensions", "--disable-background-networking",
            "--disable-component-update", "--force-color-profile=srgb", "--window-size=1280,800",
            "--lang=en-US", .text("--user-data-dir=\(folder)/profile"),
        ]
        return [
            "capabilities": [
                "alwaysMatch": [
                    "browserName": "chrome",
                    // With TLS the hub's certificate is one of the tests' own.
                    "acceptInsecureCerts": .boolean(TestTLS.isOn),
                    "timeouts": ["script": 30_000, "pageLoad": 30_000],
                    "goog:loggingPrefs": ["browser": "ALL"],
                    "goog:chromeOptions": ["args": .array(arguments)],
                ]
            ]
        ]
    }

    // MARK: Commands

    /// Sends a command of the session.
    ///
    /// - Parameter path: what follows `/session/{id}`.
    /// - Returns: the answer's `value`.
    @discardableResult
    func command(_ method: String, _ path: String, _ body: JSONValue = [:]) throws -> JSONValue {
        try call(method, "/session/\(session)\(path)", method == "POST" ? body : nil)
    }

    /// Sends a command of the DevTools protocol.
    @discardableResult
    func tools(_ command: String, _ parameters: JSONValue = [:]) throws -> JSONValue {
        try self.command(
            "POST", "/goog/cdp/execute", ["cmd": .text(command), "params": parameters])
    }

    private func call(_ method: String, _ path: String, _ body: JSONValue?) throws -> JSONValue {
        // The driver answers only those who ask for localhost.
        var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n"
        let content = body?.serialized() ?? ""
        if body != nil {
            head += "Content-Type: application/json\r\nContent-Length: \(content.utf8.count)\r\n"
        }
        try client.send(head + "\r\n" + content)
        let answer = try client.answer()
        let value = answer["value"]
        guard answer.status == 200 else {
            throw Failure(
                code: value["error"]?.text ?? String(answer.status),
                detail: value["message"]?.text ?? answer.text)
        }
        return value
    }
}
