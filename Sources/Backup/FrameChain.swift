import Archive
import Hub
import HubSQLite

/// Holds the bytes of archive files, as they pass, against the digests in the catalogue: each frame
/// with the one before, from file to file.
struct FrameChain {
    /// The digest of the frame before; nil: that one was pruned, and the next one tells.
    private var previous: [UInt8]?
    private var file: ArchiveCatalogue.File?
    private var frame = 0
    private var sum = SHA256()
    /// Bytes of the frame that are still to come.
    private var left: Int64 = 0

    /// The file whose bytes come next; its catalogue's order is the files'.
    mutating func begin(_ file: ArchiveCatalogue.File) {
        self.file = file
        frame = 0
        if previous == nil, file.frames.first?.first == 1 { previous = ArchivedFrame.noDigest }
        left = 0
    }

    /// Takes the next bytes of the file.
    mutating func take(_ bytes: ArraySlice<UInt8>) throws(BackupFailure) {
        var rest = bytes
        while !rest.isEmpty {
            guard let file, frame < file.frames.count else { return }
            if left == 0 { try beginFrame(file, rest) }
            let part = rest.prefix(Int(min(left, Int64(rest.count))))
            sum.update(part)
            left -= Int64(part.count)
            rest = rest.dropFirst(part.count)
            if left == 0 { try endFrame(file) }
        }
    }

    private mutating func beginFrame(
        _ file: ArchiveCatalogue.File, _ bytes: ArraySlice<UInt8>
    ) throws(BackupFailure) {
        guard let previous = previous ?? FrameDigest.previous(ofFrame: bytes) else {
            throw damaged(file)
        }
        sum = SHA256()
        sum.update(previous)
        left = file.frames[frame].length
    }

    private mutating func endFrame(_ file: ArchiveCatalogue.File) throws(BackupFailure) {
        let digest = sum.finish()
        guard digest == file.frames[frame].digest else { throw damaged(file) }
        previous = digest
        frame += 1
    }

    private func damaged(_ file: ArchiveCatalogue.File) -> BackupFailure {
        let frame = file.frames[frame]
        return BackupFailure(
            BackupNames.archived(file.name),
            "the frame of messages \(frame.first) to \(frame.last) is not what the catalogue says")
    }
}
