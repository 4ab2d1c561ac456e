import Glibc

/// The file `lock` of a consumer's folder: keeps a second consumer off it, and tells the next one
/// who was here.
final class FolderLock {
    private let file: DiskFile
    /// The session of the last consumer here: it is gone, or it would have the lock.
    let formerSession: String?

    /// Locks the folder at `path`, made if it is not there.
    init(folder path: String, session: String) throws(ConsumerFailure) {
        do {
            try Self.make(folder: path)
            file = try DiskFile(path + "/lock")
            let words = String(decoding: try file.read(from: 0, limit: 256), as: UTF8.self)
                .split { $0.isWhitespace }.map(String.init)
            guard try file.lock(waiting: false) else {
                let who = words.first.map { "process \($0)" } ?? "another process"
                throw ConsumerFailure.folder(
                    "the folder \(path) is in use by \(who): one consumer a folder")
            }
            formerSession = words.count > 1 ? words[1] : nil
            try file.write(Array("\(getpid()) \(session)\n".utf8), at: 0)
            try file.truncate(to: "\(getpid()) \(session)\n".utf8.count)
            try DiskFile.syncFolder(path)
        } catch let failure as ConsumerFailure {
            throw failure
        } catch {
            throw .folder("\(error)")
        }
    }

    /// Lets go of the folder.
    func release() { file.unlock() }

    private static func make(folder path: String) throws(FileFailure) {
        var parent = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: true) {
            parent += parent.isEmpty && !path.hasPrefix("/") ? part : "/" + part
            guard mkdir(parent, 0o755) == 0 || errno == EEXIST || errno == EISDIR else {
                throw FileFailure(path: path, action: "made", code: errno)
            }
        }
    }
}
