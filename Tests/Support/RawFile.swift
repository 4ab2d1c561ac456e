import Foundation

/// Files as a test looks at them.
package enum RawFile {
    /// All bytes of the file at `path`.
    package static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: path)))
    }

    package static func write(_ bytes: [UInt8], _ path: String) throws {
        try Data(bytes).write(to: URL(filePath: path))
    }

    package static func remove(_ path: String) throws {
        try FileManager.default.removeItem(atPath: path)
    }
}
