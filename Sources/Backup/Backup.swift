import HubSQLite
import Glibc
import Hub
import Platform

/// Makes a copy of a hub's data while the hub runs, from another process.
///
/// The store is copied in one read transaction, so it is what the hub was at one moment: the log
/// without a hole, positions, and the archive's catalogue, which is in it. Everything is checked
/// as it is written; only what is whole, checked and on disk gets the backup's name.
package struct Backup {
    /// The data folder of the hub.
    private let data: String
    /// The folder of its archive files, if they are to be copied too.
    private let archive: String?
    private let progress: BackupProgress

    package init(data: String, archive: String?, progress: @escaping BackupProgress) {
        self.data = data
        self.archive = archive
        self.progress = progress
    }

    /// Makes a backup in the folder `target`, which is new or empty.
    ///
    /// - Parameters:
    ///   - program: the version of this program.
    ///   - now: milliseconds since 1970.
    package func make(
        at target: String, program: String, now: Int64
    ) throws(BackupFailure) -> Manifest {
        let store = "\(data)/\(BackupNames.store)"
        guard access(store, F_OK) == 0 else { throw BackupFailure(store, "there is no hub") }
        let folder = try PartialFolder(for: target)
        do throws(BackupFailure) {
            let manifest = try fill(folder, program: program, now: now)
            try folder.finish()
            return manifest
        } catch {
            folder.discard()
            throw error
        }
    }

    private func fill(
        _ folder: borrowing PartialFolder, program: String, now: Int64
    ) throws(BackupFailure) -> Manifest {
        try checkRoom(folder.path)
        var names = [BackupNames.store]
        try copy(database: BackupNames.store, into: folder.path)
        let facts = try StoredHub.check("\(folder.path)/\(BackupNames.store)", progress)
        if access("\(data)/\(BackupNames.tokens)", F_OK) == 0 {
            try copy(database: BackupNames.tokens, into: folder.path)
            names.append(BackupNames.tokens)
        }
        let catalogue = try catalogue(folder.path)
        if let archive, !catalogue.files.isEmpty {
            try folder.make(BackupNames.archive)
            for file in catalogue.files {
                try copy(file, from: archive, into: folder.path)
                names.append(BackupNames.archived(file.name))
            }
            try folder.sync(BackupNames.archive)
        }
        let reading = BackupReading(
            folder: folder.path, catalogue: catalogue, .behindOthers, progress: progress)
        let manifest = Manifest(
            hub: facts.identity.hub, head: facts.head, created: now, program: program,
            schema: facts.schema, files: try reading.digests(of: names))
        try write(manifest.text, Manifest.name, folder.path)
        try write(manifest.sums, Manifest.sumsName, folder.path)
        return manifest
    }

    /// The archive's files, as the copy of the store knows them.
    private func catalogue(_ folder: String) throws(BackupFailure) -> ArchiveCatalogue {
        try BackupFailure.naming(database: BackupNames.store) { () throws(StoreFailure) in
            try ArchiveCatalogue(path: "\(folder)/\(BackupNames.store)")
        }
    }

    /// A disk that fills up could be the hub's own: so it is asked first.
    private func checkRoom(_ folder: String) throws(BackupFailure) {
        var needed: Int64 = 0
        for name in [BackupNames.store, BackupNames.tokens] {
            let path = "\(data)/\(name)"
            guard access(path, F_OK) == 0 else { continue }
            needed += try BackupFailure.naming(database: path) { () throws(StoreFailure) in
                try StoreCopy.size(of: path)
            }
        }
        if archive != nil { needed += try catalogue(data).length }
        try Room.check(needed, in: folder)
    }

    // MARK: Databases

    /// Copies a database, and syncs what comes as it comes.
    private func copy(database name: String, into folder: String) throws(BackupFailure) {
        let (source, target) = ("\(data)/\(name)", "\(folder)/\(name)")
        let size = try BackupFailure.naming(database: source) { () throws(StoreFailure) in
            try StoreCopy.size(of: source)
        }
        var file = GrowingFile(target, .behindOthers)
        var failure: Errno?
        let copied = Result { () throws(StoreFailure) in
            try StoreCopy.make(of: source, at: target) {
                do throws(Errno) {
                    let length = try file.look()
                    progress("copying \(name)", min(length, size), size)
                } catch {
                    failure = error
                }
                return failure == nil
            }
        }
        if let failure { throw BackupFailure(target, failure.description) }
        try BackupFailure.naming(database: source) { () throws(StoreFailure) in try copied.get() }
        try BackupFailure.naming(target) { () throws(Errno) in try file.sync() }
        try BackupFailure.naming(database: target) { () throws(StoreFailure) in
            progress("checking \(name)", 0, size)
            try StoreCopy.checkIntegrity(of: target)
        }
    }

    // MARK: Files

    /// Copies an archive file as far as the catalogue knows it; more may have come behind.
    private func copy(
        _ file: ArchiveCatalogue.File, from archive: String, into folder: String
    ) throws(BackupFailure) {
        let name = BackupNames.archived(file.name)
        let source = "\(archive)/\(file.name)"
        let done = try BackupFailure.naming(source) { () throws(Errno) in
            try FileCopy.make(
                of: source, at: "\(folder)/\(name)", length: file.length, .behindOthers
            ) { progress("copying \(name)", $0, file.length) }
        }
        guard done == file.length else {
            throw BackupFailure(
                source,
                "has \(done) bytes, \(file.length) are in the catalogue: see 'archive verify'")
        }
    }

    private func write(
        _ text: [UInt8], _ name: String, _ folder: String
    ) throws(BackupFailure) {
        try BackupFailure.naming("\(folder)/\(name)") { () throws(Errno) in
            try SliceWriter("\(folder)/\(name)", .behindOthers).write(text[...])
        }
    }
}

/// Copies of files that do not change.
enum FileCopy {
    /// Copies the first `length` bytes of a file. Returns how many there were.
    static func make(
        of source: String, at target: String, length: Int64, _ pace: Pace,
        _ progress: (Int64) -> Void
    ) throws(Errno) -> Int64 {
        var reader = try SliceReader(source, pace)
        let writer = try SliceWriter(target, pace)
        var done: Int64 = 0
        while done < length {
            let bytes = try reader.next(atMost: length - done)
            if bytes.isEmpty { break }
            try writer.write(bytes)
            done += Int64(bytes.count)
            progress(done)
        }
        return done
    }
}

/// Room on a disk.
enum Room {
    static func check(_ needed: Int64, in folder: String) throws(BackupFailure) {
        let free = try BackupFailure.naming(folder) { () throws(Errno) in
            try DiskSpace.free(path: folder)
        }
        guard free < UInt64(needed) else { return }
        throw BackupFailure(
            folder, "the disk has \(free) bytes of room, and \(needed) are needed: make room there")
    }
}
