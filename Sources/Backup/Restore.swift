package import Hub
import HubSQLite
import Platform

/// Makes a data folder of a backup that verifies: a hub of its own, which remembers where it went
/// apart from the one that was backed up.
package struct Restore {
    private let backup: String
    private let progress: BackupProgress

    /// What was made.
    package struct Restored: Sendable {
        package let hub: String
        package let fork: Fork
        package let manifest: Manifest
    }

    package init(backup: String, progress: @escaping BackupProgress) {
        self.backup = backup
        self.progress = progress
    }

    /// - Parameters:
    ///   - data: the data folder to make, new or empty.
    ///   - identity: draws a hub's name and the tag of its ids.
    package func run(
        into data: String, identity: () -> (hub: String, tag: UInt32)
    ) throws(BackupFailure) -> Restored {
        let manifest = try BackupVerification(folder: backup, .alone, progress: progress).run()
        let folder = try PartialFolder(for: data)
        do throws(BackupFailure) {
            try Room.check(manifest.length, in: folder.path)
            try fill(folder, manifest)
            let restored = try rename(folder.path, manifest, identity)
            try folder.finish()
            return restored
        } catch {
            folder.discard()
            throw error
        }
    }

    /// Copies every file, and reads back what was written.
    private func fill(
        _ folder: borrowing PartialFolder, _ manifest: Manifest
    ) throws(BackupFailure) {
        let path = folder.path
        let hasArchive = manifest.files.contains { $0.name.contains("/") }
        if hasArchive { try folder.make(BackupNames.archive) }
        for file in manifest.files {
            let name = file.name
            _ = try BackupFailure.naming(name) { () throws(Errno) in
                try FileCopy.make(
                    of: "\(backup)/\(name)", at: "\(path)/\(name)", length: file.length, .alone
                ) { progress("copying \(name)", $0, file.length) }
            }
        }
        if hasArchive { try folder.sync(BackupNames.archive) }
        // The chain of the archive's frames was followed when the backup was verified.
        let reading = BackupReading(folder: path, catalogue: .none, .alone, progress: progress)
        let found = try reading.digests(of: manifest.files.map(\.name))
        for (due, found) in zip(manifest.files, found) where due != found {
            throw BackupFailure(
                "\(path)/\(due.name)", "what was written is not what the backup has")
        }
    }

    /// Gives the copy of the store an identity of its own.
    private func rename(
        _ folder: String, _ manifest: Manifest, _ identity: () -> (hub: String, tag: UInt32)
    ) throws(BackupFailure) -> Restored {
        let path = "\(folder)/\(BackupNames.store)"
        return try BackupFailure.naming(database: path) { () throws(StoreFailure) in
            let former = try StoreIdentity(path: path)
            var (hub, tag) = identity()
            while former.has(tag: tag) || former.hub == hub { (hub, tag) = identity() }
            let fork = try StoreIdentity.fork(path: path, as: hub, tag: tag)
            return Restored(hub: hub, fork: fork, manifest: manifest)
        }
    }
}
