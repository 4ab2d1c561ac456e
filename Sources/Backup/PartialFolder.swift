import Glibc
import Platform

/// A folder that is written beside its place, as `NAME.partial`, and put there when it is whole and
/// on disk: so whatever ends the program, a folder of the right name is complete.
///
/// One program at a time writes it: it is locked (flock(2)) while this value lives. What another
/// has left there without ending its work is removed.
struct PartialFolder: ~Copyable {
    /// Where it will be: new, or an empty folder by now.
    let target: String
    /// Where it is being written.
    let path: String
    private let above: String
    private let lock: Descriptor

    /// Makes it, and the folders above it where they are missing.
    init(for name: String) throws(BackupFailure) {
        let (target, above) = try Self.place(name)
        try Self.checkTarget(target, above)
        let path = target + ".partial"
        lock = try Self.makeLocked(path)
        (self.target, self.above, self.path) = (target, above, path)
    }

    private static func makeLocked(_ path: String) throws(BackupFailure) -> Descriptor {
        let folder = try BackupFailure.naming(path) { () throws(Errno) in
            try Folder.make(path)
            return try Descriptor(
                owning: SystemCall.blocking { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
        }
        let fd = folder.raw
        let isLocked = try BackupFailure.naming(path) { () throws(Errno) in
            try FileLock.lock(folder: fd)
        }
        guard isLocked else {
            throw BackupFailure(path, "another program is writing it: wait until it has ended")
        }
        try empty(path)
        return folder
    }

    /// The name without slashes at its end, and the folder it is in.
    private static func place(_ name: String) throws(BackupFailure) -> (String, String) {
        var target = name
        while target.count > 1, target.hasSuffix("/") { target.removeLast() }
        let words = target.split(separator: "/", omittingEmptySubsequences: false)
        guard let last = words.last, !["", ".", ".."].contains(last) else {
            throw BackupFailure(name, "is not the name of a folder to make")
        }
        let above = words.dropLast().joined(separator: "/")
        return (target, words.count == 1 ? "." : above.isEmpty ? "/" : above)
    }

    private static func checkTarget(_ target: String, _ above: String) throws(BackupFailure) {
        guard let status = try status(of: target) else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw BackupFailure(target, "is not a folder")
        }
        let names = try BackupFailure.naming(target) { () throws(Errno) in
            try Folder.names(in: target)
        }
        guard names.isEmpty else {
            throw BackupFailure(
                target, "is not empty, it has \(names.min()!) in it: name a new folder")
        }
        // Nothing can be renamed onto a mount point; rename(2), EBUSY.
        let outside = try Self.status(of: above + "/.")
        guard outside?.st_dev == status.st_dev else {
            throw BackupFailure(target, "is a mount point: name a folder within it")
        }
    }

    private static func status(of path: String) throws(BackupFailure) -> stat? {
        try BackupFailure.naming(path) { () throws(Errno) in
            var status = stat()
            do throws(Errno) {
                try SystemCall.blocking { lstat(path, &status) }
                return status
            } catch {
                guard error == .notFound else { throw error }
                return nil
            }
        }
    }

    /// Forces the names in it, or in a folder within it, to disk.
    func sync(_ folder: String = "") throws(BackupFailure) {
        let folder = folder.isEmpty ? path : "\(path)/\(folder)"
        try BackupFailure.naming(folder) { () throws(Errno) in try FileSync.directory(folder) }
    }

    /// Makes a folder within it.
    func make(_ folder: String) throws(BackupFailure) {
        let folder = "\(path)/\(folder)"
        try BackupFailure.naming(folder) { () throws(Errno) in try Folder.make(folder) }
    }

    /// Puts it in its place: all that is in it is on disk by now.
    func finish() throws(BackupFailure) {
        try sync()
        let (path, target, above) = (path, target, above)
        try BackupFailure.naming(target) { () throws(Errno) in
            try SystemCall.blocking { rename(path, target) }
            try FileSync.directory(above)
        }
    }

    /// Takes it away, and gives back the room on the disk.
    func discard() {
        let path = path
        guard (try? Self.empty(path)) != nil else { return }
        rmdir(path)
    }

    /// Removes what a backup or a restore writes; anything else is somebody's, and stays.
    private static func empty(_ path: String) throws(BackupFailure) {
        let within = "\(path)/\(BackupNames.archive)"
        for name in (try? Folder.names(in: within)) ?? [] where BackupNames.isArchiveFile(name) {
            unlink("\(within)/\(name)")
        }
        rmdir(within)
        for file in [BackupNames.store, BackupNames.tokens] {
            unlink("\(path)/\(file)")
            unlink("\(path)/\(file)-journal")
        }
        unlink("\(path)/\(Manifest.name)")
        unlink("\(path)/\(Manifest.sumsName)")
        let rest = try BackupFailure.naming(path) { () throws(Errno) in
            try Folder.names(in: path)
        }
        if let name = rest.min() {
            throw BackupFailure(path, "has \(name) in it, which is not a backup's: move it away")
        }
    }
}
