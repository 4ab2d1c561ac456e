import Hub
import HubSQLite
import Platform

/// Reads the files of a backup from the disk, for their digests, and holds those of the archive
/// against the catalogue on the way.
struct BackupReading {
    private let folder: String
    private let catalogue: ArchiveCatalogue
    private let pace: Pace
    private let progress: BackupProgress

    init(
        folder: String, catalogue: ArchiveCatalogue, _ pace: Pace,
        progress: @escaping BackupProgress
    ) {
        self.folder = folder
        self.catalogue = catalogue
        self.pace = pace
        self.progress = progress
    }

    /// What the files are; archive files in the order of their catalogue.
    func digests(of names: [String]) throws(BackupFailure) -> [Manifest.File] {
        var chain = FrameChain()
        let archived = Dictionary(
            catalogue.files.map { (BackupNames.archived($0.name), $0) }, uniquingKeysWith: { $1 })
        var files: [Manifest.File] = []
        for name in names { files.append(try digest(of: name, archived[name], &chain)) }
        return files
    }

    private func digest(
        of name: String, _ file: ArchiveCatalogue.File?, _ chain: inout FrameChain
    ) throws(BackupFailure) -> Manifest.File {
        if let file { chain.begin(file) }
        var reader = try BackupFailure.naming(name) { () throws(Errno) in
            try SliceReader("\(folder)/\(name)", pace)
        }
        let length = try BackupFailure.naming(name) { () throws(Errno) in try reader.length() }
        let sum = SHA256()
        var done: Int64 = 0
        while true {
            let bytes = try BackupFailure.naming(name) { () throws(Errno) in try reader.next() }
            if bytes.isEmpty { break }
            sum.update(bytes)
            if file != nil { try chain.take(bytes) }
            done += Int64(bytes.count)
            progress("reading \(name)", done, length)
        }
        return Manifest.File(name: name, length: done, digest: SHA256.hex(sum.finish()))
    }
}

/// The store in a backup.
enum StoredHub {
    /// Checks that it agrees with itself.
    static func check(
        _ path: String, _ progress: @escaping BackupProgress
    ) throws(BackupFailure) -> StoreCheck.Facts {
        try BackupFailure.naming(database: path) { () throws(StoreFailure) in
            try StoreCheck.run(path: path) { progress("checking messages", $0, $1) }
        }
    }
}
