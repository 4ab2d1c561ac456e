package import Foundation

/// A file that operators are given, under `docs/examples`.
package enum Example {
    package static let repository = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    package static func path(_ name: String) -> String {
        repository.appending(path: "docs/examples/\(name)").path
    }

    package static func text(_ name: String) throws -> String {
        try String(contentsOfFile: path(name), encoding: .utf8)
    }
}

/// A program that these tests need: of the system, or as `scripts/setup test` has brought it.
package enum Tool {
    package static func path(_ name: String) throws -> String {
        let brought = Example.repository.appending(path: ".build/tools").path
        let folders = ["/usr/bin", "/usr/sbin", "\(brought)/usr/bin", "\(brought)/usr/sbin"]
        for folder in folders {
            let path = "\(folder)/\(name)"
            if FileManager.default.isExecutableFile(atPath: path) { return path }
        }
        throw Missing(description: "\(name) is not there: scripts/setup test brings it")
    }

    package struct Missing: Error, CustomStringConvertible {
        package let description: String
    }
}
