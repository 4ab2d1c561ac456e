import Foundation
import TestSupport
import Testing

/// What `scripts/setup test` installs is what the tests run.
@Suite("The setup")
struct SetupTests {
    /// By program, the package that brings it; nil: it comes with every Debian.
    private static let packages: [String: String?] = [
        "bash": nil, "env": nil, "gzip": nil, "sh": nil, "sha256sum": nil, "true": nil,
        "chromedriver": "chromium-driver", "chromium": "chromium", "curl": "curl", "jq": "jq",
        "nginx": "nginx", "openssl": "openssl", "promtool": "prometheus",
        "python3": "python3-zstandard", "readelf": "binutils", "sqlite3": "sqlite3",
        "systemd-analyze": "systemd", "zstd": "zstd", "zstdcat": "zstd",
    ]

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Example.repository.appending(path: path), encoding: .utf8)
    }

    @Test("Every program that a test names by its place, or asks for, is one of them")
    func named() throws {
        let setup = try text("scripts/setup").replacing(/(?m)^\s*#.*$/, with: "")
        let folder = Example.repository.appending(path: "Tests")
        var programs: Set<String> = []
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        where path.hasSuffix(".swift") && !path.hasSuffix("SetupTests.swift") {
            let source = try text("Tests/" + path)
            for match in source.matches(of: #/"(?:/usr)?/s?bin/([a-z0-9-]+)"/#) {
                programs.insert(String(match.1))
            }
            for match in source.matches(of: #/Tool\.path\("([a-z0-9-]+)"\)/#) {
                programs.insert(String(match.1))
            }
        }
        #expect(programs.count > 10)
        for program in programs.union(Self.packages.keys) {
            let package = Self.packages[program]
            #expect(package != nil, "\(program): which package brings it?")
            guard let package = package ?? nil else { continue }
            // In the list of packages, or as a program of one that is unpacked beside the build.
            let isInstalled =
                setup.contains(" \(package):") || setup.contains("\"\(package):")
                || setup.contains("bring_tool \(program) \(package)")
            #expect(isInstalled, "scripts/setup does not install \(package)")
        }
    }

    @Test("They are here: without them tests would fail, or be left out")
    func present() throws {
        for program in Self.packages.keys {
            #expect(throws: Never.self) { try Tool.path(program) }
        }
        let zstandard = try ProgramExit(command: ["/usr/bin/python3", "-c", "import zstandard"])
        #expect(zstandard.status == 0, "python3-zstandard is not there: scripts/setup test")
    }
}
