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
        var bytes = (free as? Int ?? 0) - rest
        let filler = path + "/filler"
        _ = FileManager.default.createFile(atPath: filler, contents: nil)
        let file = try FileHandle(forWritingTo: URL(filePath: filler))
        defer { try? file.close() }
        // What somebody else has just written there leaves less room than there was.
        while bytes > 0,
            (try? file.write(contentsOf: Data(repeating: 1, count: min(4096, bytes)))) != nil
        {
            bytes -= 4096
        }
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
