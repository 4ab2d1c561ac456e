import Foundation

/// A small disk of its own, in memory; only root may mount one.
package final class SmallDisk {
    package let folder: TemporaryFolder
    package let path: String

    /// Nil where not even root may mount: there is nothing to test on.
    package init?(megabytes: Int) throws {
        folder = try TemporaryFolder()
        path = folder.path + "/disk"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        guard try run("mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path) else {
            return nil
        }
    }

    /// Leaves so many bytes of room.
    package func fill(leaving rest: Int) throws {
        let free = try FileManager.default.attributesOfFileSystem(forPath: path)[.systemFreeSize]
        let bytes = (free as? Int ?? 0) - rest
        try Data(repeating: 1, count: bytes).write(to: URL(filePath: path + "/filler"))
    }

    package func makeRoom() throws {
        try FileManager.default.removeItem(atPath: path + "/filler")
    }

    private func run(_ words: String...) throws -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    deinit {
        _ = try? run("umount", "-l", path)
    }
}
