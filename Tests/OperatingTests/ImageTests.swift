import Foundation
import HubServer
import Glibc
import HubServer
import Platform
import TestSupport
import Testing
import Wire

/// What the Dockerfile says, as far as it can be held to the program without an engine.
@Suite("The image")
struct ImageTests {
    private let file: Dockerfile

    init() throws {
        file = try Dockerfile(Example.repository.appending(path: "Dockerfile"))
    }

    @Test("It runs as a user by number, which is not root and is made")
    func user() throws {
        let user = try #require(file.last("USER"))
        let numbers = user.split(separator: ":").compactMap { UInt32($0) }
        #expect(numbers.count == 2)
        #expect(numbers.allSatisfy { $0 > 0 })
        let run = file.all("RUN").joined(separator: " ")
        #expect(run.contains("useradd --system --uid \(numbers[0]) --gid \(numbers[1]) "))
        #expect(run.contains("groupadd --system --gid \(numbers[1]) "))
    }

    @Test("It says where its data, its port and its end are")
    func facts() throws {
        #expect(file.last("VOLUME") == "/data")
        #expect(file.last("STOPSIGNAL") == "SIGTERM")
        #expect(file.environment["MESSAGE_CENTER_DATA"] == "/data")
        let port = try #require(file.last("EXPOSE"))
        #expect(file.environment["MESSAGE_CENTER_LISTEN"] == "0.0.0.0:\(port)")
        #expect(file.environment["MESSAGE_CENTER_URL"] == "http://127.0.0.1:\(port)")
    }

    @Test("It starts the program itself, not by a shell: signals get there")
    func command() throws {
        #expect(try file.words("ENTRYPOINT") == ["message-center"])
        let check = try ProgramExit(
            file.words("CMD") + ["--check"], environment: file.environment)
        #expect(check.status == 0, "\(check.errors)")
    }

    @Test("Without a token it does not begin, and says how to make one")
    func open() throws {
        let folder = try TemporaryFolder()
        var environment = file.environment
        environment["MESSAGE_CENTER_DATA"] = folder.path
        environment["MESSAGE_CENTER_LISTEN"] = "0.0.0.0:0"
        let refused = try ProgramExit(try file.words("CMD"), environment: environment)
        #expect(refused.status == 1)
        #expect(refused.errors.contains("no token is defined"))
        #expect(refused.errors.contains("message-center token create --data \(folder.path)"))
    }

    @Test("Its health is that of the hub")
    func health() throws {
        let text = try #require(file.last("HEALTHCHECK"))
        let start = try #require(text.firstRange(of: "CMD "))
        let words = try Dockerfile.list(text[start.upperBound...])
        #expect(words.first == "message-center")
        let hub = try RunningHub { $0.tls = nil }
        var environment = file.environment
        environment["MESSAGE_CENTER_URL"] = "http://\(hub.endpoint)"
        let health = Array(words.dropFirst())
        #expect(try ProgramExit(health, environment: environment).status == 0)
        hub.stop()
        #expect(try ProgramExit(health, environment: environment).status == 1)
    }

    @Test("All that the build reads is copied")
    func sources() throws {
        let copied = file.all("COPY").filter { !$0.hasPrefix("--from") }
            .flatMap { $0.split(separator: " ").dropLast().map(String.init) }
        let root = Example.repository
        for name in copied {
            #expect(FileManager.default.fileExists(atPath: root.appending(path: name).path))
        }
        func isCopied(_ path: String) -> Bool {
            copied.contains { path == $0 || path.hasPrefix($0 + "/") }
        }
        // Links, and what C lays into the program.
        let names = try #require(FileManager.default.enumerator(atPath: root.path + "/Sources"))
            .allObjects.compactMap { $0 as? String }.map { root.appending(path: "Sources/\($0)") }
        var looked = 0
        for url in names {
            let folder = url.deletingLastPathComponent()
            var targets: [String] = []
            if let link = try? FileManager.default.destinationOfSymbolicLink(atPath: url.path) {
                targets.append(link)
            }
            if url.pathExtension == "c" {
                targets += try String(contentsOf: url, encoding: .utf8)
                    .matches(of: /#embed "([^"]+)"/).map { String($0.1) }
            }
            for target in targets {
                looked += 1
                let path = folder.appending(path: target).standardizedFileURL.path
                #expect(FileManager.default.fileExists(atPath: path), "\(target)")
                #expect(isCopied(String(path.dropFirst(root.path.count + 1))), "\(path)")
            }
        }
        #expect(looked > 0)
    }

    @Test("The libraries that the program needs are installed in it")
    func libraries() throws {
        let packages = [
            "libsqlite3": "libsqlite3-0", "libssl": "libssl3", "libcrypto": "libssl3",
            "libz": "zlib1g", "libzstd": "libzstd1", "libcurl": "libcurl4",
        ]
        // Those of C and C++, which every Debian has, be it for apt.
        let system: Set = [
            "libc", "libm", "libpthread", "libdl", "ld-linux-x86-64", "libgcc_s", "libstdc++",
        ]
        let stage = try #require(file.all("RUN").last)
        let lines = try ProgramExit(command: ["readelf", "-d", HubProcess.program]).output
            .split(separator: "\n")
        // The toolchain's: --static-swift-stdlib lays them into the program.
        let places = lines.compactMap { $0.firstMatch(of: /RUNPATH.*\[([^:\]]+)/)?.1 }
        let place = try #require(places.first)
        let toolchain = try Set(
            FileManager.default.contentsOfDirectory(atPath: String(place)).map {
                String($0.prefix { $0 != "." })
            })
        for line in lines where line.contains("(NEEDED)") {
            let name = try #require(line.firstMatch(of: /\[([^.\]]+)\.so/)?.1)
            if system.contains(String(name)) || toolchain.contains(String(name)) { continue }
            let package = try #require(packages[String(name)], "\(name): of which package is it?")
            #expect(stage.contains(" \(package) "), "\(name)")
        }
    }
}

/// The instructions of a Dockerfile, in order; https://docs.docker.com/reference/dockerfile/.
private struct Dockerfile {
    private var instructions: [(name: String, text: String)] = []

    init(_ file: URL) throws {
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            .filter { !$0.hasPrefix("#") }
        for line in lines.joined(separator: "\n").replacing(/\s*\\\n\s*/, with: " ")
            .split(separator: "\n")
        {
            let words = line.split(separator: " ", maxSplits: 1)
            instructions.append((String(words[0]), String(words.last ?? "")))
        }
    }

    func all(_ name: String) -> [String] { instructions.filter { $0.name == name }.map(\.text) }
    func last(_ name: String) -> String? { all(name).last }

    /// An instruction's words, which have to be a list, not a line for a shell.
    func words(_ name: String) throws -> [String] {
        try Self.list(try #require(last(name))[...])
    }

    static func list(_ text: Substring) throws -> [String] {
        let elements = try #require(try JSONValue.parse(Array(text.utf8)).elements)
        return try elements.map { try #require($0.text) }
    }

    var environment: [String: String] {
        var values: [String: String] = [:]
        for word in all("ENV").joined(separator: " ").split(separator: " ") {
            let parts = word.split(separator: "=", maxSplits: 1)
            values[String(parts[0])] = String(parts[1])
        }
        return values
    }
}
