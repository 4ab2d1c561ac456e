import Glibc
import HubSQLite
import Hub
import Platform

/// Checks a backup: that each file is there, and nothing else; that each byte is as it was written;
/// that the store agrees with itself and the archive files with its catalogue. Changes nothing.
package struct BackupVerification {
    private let folder: String
    private let pace: Pace
    private let progress: BackupProgress

    package init(folder: String, progress: @escaping BackupProgress) {
        self.init(folder: folder, .behindOthers, progress: progress)
    }

    init(folder: String, _ pace: Pace, progress: @escaping BackupProgress) {
        self.folder = folder
        self.pace = pace
        self.progress = progress
    }

    /// - Throws: which file is wrong, and why.
    package func run() throws(BackupFailure) -> Manifest {
        let manifest = try Manifest(read(Manifest.name))
        guard try read(Manifest.sumsName) == manifest.sums else {
            throw BackupFailure(Manifest.sumsName, "it does not fit \(Manifest.name)")
        }
        try checkNames(manifest)
        try checkBytes(manifest)
        try checkContent(manifest)
        return manifest
    }

    private func read(_ name: String) throws(BackupFailure) -> [UInt8] {
        try BackupFailure.naming(name) { () throws(Errno) in
            var reader = try SliceReader("\(folder)/\(name)", pace)
            var text: [UInt8] = []
            while text.count <= Manifest.limit {
                let bytes = try reader.next()
                if bytes.isEmpty { break }
                text += bytes
            }
            return text
        }
    }

    /// A file that is not the backup's could be taken for part of it, such as a journal of SQLite.
    private func checkNames(_ manifest: Manifest) throws(BackupFailure) {
        var known = Set(manifest.files.map(\.name) + [Manifest.name, Manifest.sumsName])
        guard known.count == manifest.files.count + 2 else {
            throw BackupFailure(Manifest.name, "it names a file twice")
        }
        let hasArchive = known.contains { $0.hasPrefix(BackupNames.archive + "/") }
        if hasArchive {
            known.insert(BackupNames.archive)
            let names = try names(in: BackupNames.archive).map { BackupNames.archived($0) }
            try refuse(names, but: known)
        }
        try refuse(try names(in: ""), but: known)
    }

    private func names(in part: String) throws(BackupFailure) -> [String] {
        try BackupFailure.naming(part.isEmpty ? folder : part) { () throws(Errno) in
            try Folder.names(in: "\(folder)/\(part)")
        }
    }

    private func refuse(_ names: [String], but known: Set<String>) throws(BackupFailure) {
        if let name = names.sorted().first(where: { !known.contains($0) }) {
            throw BackupFailure(name, "it is not part of the backup: move it away")
        }
    }

    /// The archive's frames come last: by then the catalogue is known to be as it was written.
    private func checkBytes(_ manifest: Manifest) throws(BackupFailure) {
        let databases = manifest.files.filter { !$0.name.contains("/") }
        let files = manifest.files.filter { $0.name.contains("/") }
        try compare(databases, ArchiveCatalogue.none)
        guard !files.isEmpty else { return }
        let catalogue = try BackupFailure.naming(database: BackupNames.store) {
            () throws(StoreFailure) in
            try ArchiveCatalogue(path: "\(folder)/\(BackupNames.store)")
        }
        guard catalogue.files.map({ BackupNames.archived($0.name) }) == files.map(\.name) else {
            throw BackupFailure(BackupNames.store, "its catalogue names other archive files")
        }
        try compare(files, catalogue)
    }

    private func compare(
        _ files: [Manifest.File], _ catalogue: ArchiveCatalogue
    ) throws(BackupFailure) {
        let reading = BackupReading(folder: folder, catalogue: catalogue, pace, progress: progress)
        for (due, found) in zip(files, try reading.digests(of: files.map(\.name))) {
            guard found.length == due.length else {
                throw BackupFailure(due.name, "it has \(found.length) bytes, not \(due.length)")
            }
            guard found.digest == due.digest else {
                throw BackupFailure(due.name, "its bytes are not those that were written")
            }
        }
    }

    private func checkContent(_ manifest: Manifest) throws(BackupFailure) {
        for file in manifest.files where !file.name.contains("/") {
            progress("checking \(file.name)", 0, file.length)
            try BackupFailure.naming(database: file.name) { () throws(StoreFailure) in
                try StoreCopy.checkIntegrity(of: "\(folder)/\(file.name)")
            }
        }
        let facts = try BackupFailure.naming(database: BackupNames.store) {
            () throws(StoreFailure) in
            try StoreCheck.run(path: "\(folder)/\(BackupNames.store)") {
                progress("checking messages", $0, $1)
            }
        }
        guard facts.identity.hub == manifest.hub, facts.head == manifest.head,
            facts.schema == manifest.schema
        else {
            throw BackupFailure(BackupNames.store, "it is not the store that the manifest tells of")
        }
    }
}
