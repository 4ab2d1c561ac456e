internal import Glibc

/// Folders of the file system.
package enum Folder {
    /// Makes the folder at `path`, and those above it, where they are missing; mkdir(2). Only the
    /// owner may look into those it makes. Their names are on disk when it returns.
    package static func make(_ path: String) throws(Errno) {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            let above = made.isEmpty ? "." : made
            made += (made.isEmpty || made.hasSuffix("/") ? "" : "/") + part
            let folder = made
            do {
                try SystemCall.blocking { mkdir(folder, 0o700) }
            } catch {
                guard error == .fileExists else { throw error }
                continue
            }
            try syncNames(in: above)
        }
    }

    /// Removes the name of a file; unlink(2). To be synced by `FileSync.directory`.
    package static func remove(file path: String) throws(Errno) {
        try SystemCall.blocking { unlink(path) }
    }

    /// A folder that may be written to but not read cannot be synced: its names reach the disk when
    /// the kernel sees fit.
    private static func syncNames(in path: String) throws(Errno) {
        do {
            try FileSync.directory(path)
        } catch {
            guard error == .accessDenied else { throw error }
        }
    }
}
