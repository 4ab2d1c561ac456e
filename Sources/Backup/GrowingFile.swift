import Glibc
import Platform

/// A file that somebody else is writing: synced behind its writer in slices, so that no great sync
/// at the end holds up a hub that shares the disk.
struct GrowingFile: ~Copyable {
    private let path: String
    private let pace: Pace
    private var file: Descriptor?
    private var synced: Int64 = 0

    init(_ path: String, _ pace: Pace) {
        self.path = path
        self.pace = pace
    }

    /// Syncs what has come, if it is a slice, and pauses. Returns how long the file is.
    mutating func look() throws(Errno) -> Int64 {
        let path = path
        if file == nil {
            let raw = open(path, O_RDONLY | O_CLOEXEC)
            guard raw >= 0 else { return 0 }
            file = Descriptor(owning: raw)
        }
        var status = stat()
        try SystemCall.blocking { stat(path, &status) }
        let length = Int64(status.st_size)
        if length - synced >= pace.slice {
            try pace.sync(file!)
            synced = length
        }
        return length
    }

    /// Syncs all of it.
    mutating func sync() throws(Errno) {
        if file != nil { try FileSync.content(file!) }
    }
}
