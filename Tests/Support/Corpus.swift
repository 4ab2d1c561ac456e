import Foundation

/// The inputs that are kept for the fuzzers, by the name of their property.
package enum Corpus {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fuzz/corpus", directoryHint: .isDirectory)

    /// All kept inputs, each with its file's name.
    package static func inputs(of name: String) throws -> [(file: String, bytes: [UInt8])] {
        try FileManager.default.contentsOfDirectory(
            at: folder.appending(path: name), includingPropertiesForKeys: nil
        ).map { ($0.lastPathComponent, Array(try Data(contentsOf: $0))) }
    }
}
