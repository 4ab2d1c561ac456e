package import Hub
import Wire

/// A frame that is ready to be appended to its file: its bytes, and the lines they were made of, to
/// be compared with what the disk gives back.
package final class BuiltFrame: Sendable {
    package let hub: String
    package let first: Int64
    package let last: Int64
    /// When its first and last message were created: milliseconds since 1970.
    package let created: ClosedRange<Int64>
    package let ids: ClosedRange<MessageID>?
    package let wids: [ArchivedFrame.WidCount]
    /// Its place in the chain of frames.
    package let digest: [UInt8]
    package let previous: [UInt8]
    /// Header and compressed lines, as they stand in the file.
    let bytes: ByteBuffer
    /// Where in `bytes` the compressed lines begin.
    let headerLength: Int
    let raw: ByteBuffer

    init(
        _ header: FrameHeader, wids: [ArchivedFrame.WidCount], digest: [UInt8],
        bytes: consuming ByteBuffer, headerLength: Int, raw: consuming ByteBuffer
    ) {
        hub = header.hub
        first = header.first
        last = header.last
        created = header.created
        ids = header.ids
        previous = header.previous
        self.wids = wids
        self.digest = digest
        self.bytes = bytes
        self.headerLength = headerLength
        self.raw = raw
    }

    /// Bytes of its lines.
    package var rawLength: Int { raw.count }
    /// Bytes it takes in the file, header included.
    package var length: Int { bytes.count }

    /// The UTC day on which all of its messages were created.
    var day: Int { ArchiveFileName.day(of: created.lowerBound) }

    /// Its row of the catalogue, for where it stands in a file.
    func row(file: String, offset: Int64) -> ArchivedFrame {
        ArchivedFrame(
            first: first, last: last, file: file, offset: offset, length: length,
            rawLength: raw.count, created: created, ids: ids, wids: wids, digest: digest)
    }
}
