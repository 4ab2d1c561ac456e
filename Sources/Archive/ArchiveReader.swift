package import Hub
import Platform
import Wire

/// Reads frames out of the files of an archive. One a thread.
package final class ArchiveReader {
    private let folder: String
    private let memory: Int
    private let decompressor = ZstdDecompressor()
    private var packed = ByteBuffer()
    /// Unpacked frames, the one last asked for at the end.
    private var frames: [UnpackedFrame] = []

    /// - Parameters:
    ///   - folder: where the files are; it need not be there yet.
    ///   - memory: bytes of unpacked frames to keep. The last one is kept whatever its size.
    package init(folder: String, memory: Int = ArchiveBounds.unpacked) {
        self.folder = folder
        self.memory = memory
    }

    /// The frame's lines: from memory if they were asked for lately, else read, held against the
    /// catalogue's row and its digest, and unpacked.
    package func unpack(_ frame: ArchivedFrame) throws(ArchiveFailure) -> UnpackedFrame {
        if let place = frames.lastIndex(where: { $0.frame.digest == frame.digest }) {
            frames.append(frames.remove(at: place))
            return frames[frames.count - 1]
        }
        let unpacked = try load(frame, previous: nil)
        frames.append(unpacked)
        var kept = frames.reduce(0) { $0 + $1.memory }
        while frames.count > 1, kept > memory { kept -= frames.removeFirst().memory }
        return unpacked
    }

    /// Lets go of all unpacked frames, when nobody asks any more.
    package func removeAll() {
        frames.removeAll()
        packed.removeAll()
        packed.shrink(to: 0)
    }

    /// Bytes of the file of that name.
    package func length(ofFile name: String) throws(ArchiveFailure) -> Int64 {
        try ArchiveFailure.naming(name) { () throws(Errno) in
            try ArchiveFile("\(folder)/\(name)", for: .reading).length()
        }
    }

    /// Whether the frame's file is in the folder; what it holds is not looked at.
    package func hasFile(of frame: ArchivedFrame) -> Bool {
        (try? ArchiveFile(path(frame), for: .reading)) != nil
    }

    /// Bytes of unpacked frames that it keeps now.
    package var kept: Int { frames.reduce(0) { $0 + $1.memory } }

    /// Reads the frame from disk again, and checks all that can be: header, digest, checksum, and
    /// each line for itself, in its order, and against what the catalogue counts.
    ///
    /// - Parameter previous: the digest of the frame before it; nil where that one is not known,
    ///   because it was pruned.
    package func verify(
        _ frame: ArchivedFrame, previous: [UInt8]?
    ) throws(ArchiveFailure) {
        try load(frame, previous: previous).verify()
    }

    // MARK: Reading

    /// Reads and unpacks a frame, never from memory.
    func load(
        _ frame: ArchivedFrame, previous: [UInt8]?
    ) throws(ArchiveFailure) -> UnpackedFrame {
        packed.removeAll()
        try readFile(frame)
        do throws(Flaw) {
            return try packed.withUnsafeBytes { (bytes) throws(Flaw) in
                let (header, end) = try FrameHeader.read(bytes.bytes)
                try compare(header, frame, end)
                guard FrameDigest.make(previous: header.previous, frame: bytes) == frame.digest
                else { throw Flaw("its digest is another than the catalogue's") }
                if let previous, header.previous != previous {
                    throw Flaw("it does not follow the frame before: the chain is broken")
                }
                var raw = ByteBuffer()
                let data = UnsafeRawBufferPointer(rebasing: bytes[end...])
                try decompressor.decompress(data, length: frame.rawLength, into: &raw)
                return try UnpackedFrame(frame, raw: raw)
            }
        } catch {
            try refuseForeign(frame)
            throw frame.damaged(error.detail)
        }
    }

    private func path(_ frame: ArchivedFrame) -> String { "\(folder)/\(frame.file)" }

    private func readFile(_ frame: ArchivedFrame) throws(ArchiveFailure) {
        let missing = try ArchiveFailure.naming(frame.file) { () throws(Errno) in
            let file = try ArchiveFile(path(frame), for: .reading)
            try file.read(at: frame.offset, count: frame.length, into: &packed)
            return packed.count < frame.length ? try file.length() : nil
        }
        guard let length = missing else { return }
        try refuseForeign(frame)
        throw frame.cut(length)
    }

    /// Whether header and catalogue say the same.
    private func compare(
        _ header: FrameHeader, _ frame: ArchivedFrame, _ end: Int
    ) throws(Flaw) {
        guard header.first == frame.first, header.last == frame.last else {
            throw Flaw("messages \(header.first) to \(header.last) stand there")
        }
        guard header.raw == frame.rawLength, end + header.length == frame.length else {
            throw Flaw("its header says other lengths than the catalogue")
        }
        guard header.created == frame.created, header.ids == frame.ids else {
            throw Flaw("its header says other times or ids than the catalogue")
        }
        guard header.hub == ArchiveFileName(frame.file)?.hub else {
            throw Flaw("it is of the hub \(header.hub)")
        }
    }

    /// What is wrong with a frame is explained at once if the whole file is another hub's.
    private func refuseForeign(_ frame: ArchivedFrame) throws(ArchiveFailure) {
        var start = ByteBuffer()
        do throws(Errno) {
            let file = try ArchiveFile(path(frame), for: .reading)
            let count = FrameHeader.prefix + FrameHeader.textLimit
            try file.read(at: 0, count: count, into: &start)
        } catch {
            return
        }
        guard let header = try? FrameHeader.read(start.bytes).header,
            header.hub != ArchiveFileName(frame.file)?.hub
        else { return }
        throw .foreign(file: frame.file, hub: header.hub)
    }
}
