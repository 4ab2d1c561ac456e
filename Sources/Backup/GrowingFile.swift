import Glibc
import Platform

/// A file that another thread is writing: synced behind its writer in slices, so that no great sync
/// at the end holds up a hub that shares the disk.
struct GrowingFile: ~Copyable {
    private let path: String
    private var file: Descriptor?
    private var synced: Int64 = 0

    init(_ path: String) {
        self.path = path
    }

    /// Syncs what has come, if it is a slice. Returns how long the file is.
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
        if length - synced >= sliceBytes {
            try sync()
            synced = length
        }
        return length
    }

    /// Syncs all of it.
    mutating func sync() throws(Errno) {
        if file != nil { try FileSync.content(file!) }
    }
}
