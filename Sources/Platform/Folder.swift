internal import Glibc

/// Folders of the file system.
package enum Folder {
    /// Makes the folder at `path`, and those above it, where they are missing; mkdir(2). Only the
    /// owner may look into those it makes.
    package static func make(_ path: String) throws(Errno) {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            made += (made.isEmpty || made.hasSuffix("/") ? "" : "/") + part
            let folder = made
            do {
                try SystemCall.blocking { mkdir(folder, 0o700) }
            } catch {
                guard error == .fileExists else { throw error }
            }
        }
    }
}
