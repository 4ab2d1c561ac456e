/// One stretch of the log that has moved to the archive: a row of the catalogue.
///
/// A frame holds the messages `first` … `last` without a hole, compressed, in one archive file.
/// `docs/archive-format.md` describes its bytes.
package struct ArchivedFrame: Equatable, Sendable {
    package var first: Int64
    package var last: Int64
    /// The file's name in the archive folder.
    package var file: String
    /// Where the frame's header begins in the file, and the bytes of header and data together.
    package var offset: Int64
    package var length: Int
    /// Bytes of its lines before they were compressed.
    package var rawLength: Int
    /// When its first and last message were created: milliseconds since 1970.
    package var created: ClosedRange<Int64>
    /// The least and the greatest id that a publisher gave; nil if none did. Ids of the hub's own
    /// lead to their message by themselves.
    package var ids: ClosedRange<MessageID>?
    /// Whose messages are in it, by rising wid.
    package var wids: [WidCount]
    /// SHA-256 of the digest of the frame before and this frame's bytes, header included.
    package var digest: [UInt8]

    /// How many of its messages are one wid's.
    package struct WidCount: Equatable, Sendable {
        package var wid: UInt32
        package var count: UInt32
        /// Messages of this wid in the log before the frame.
        package var before: Int64
        /// The index of the last of those before, 0: there are none; nil where the catalogue, of an
        /// earlier version of the program, does not tell. Whoever has got so far needs nothing of
        /// what was pruned before the frame.
        package var previous: Int64?

        package init(wid: UInt32, count: UInt32, before: Int64, previous: Int64? = nil) {
            self.wid = wid
            self.count = count
            self.before = before
            self.previous = previous
        }
    }

    package init(
        first: Int64, last: Int64, file: String, offset: Int64, length: Int, rawLength: Int,
        created: ClosedRange<Int64>, ids: ClosedRange<MessageID>?, wids: [WidCount],
        digest: [UInt8]
    ) {
        self.first = first
        self.last = last
        self.file = file
        self.offset = offset
        self.length = length
        self.rawLength = rawLength
        self.created = created
        self.ids = ids
        self.wids = wids
        self.digest = digest
    }

    /// Messages in it.
    package var count: Int64 { last - first + 1 }

    /// Bytes of a digest; the frame before the very first has one of zeros.
    package static let digestBytes = 32
    package static let noDigest = [UInt8](repeating: 0, count: digestBytes)

    /// How many messages of `wid` it holds, and how many lie before it; nil: none.
    package func count(of wid: UInt32) -> WidCount? {
        var (low, high) = (0, wids.count)
        while low < high {
            let middle = (low + high) / 2
            if wids[middle].wid < wid { low = middle + 1 } else { high = middle }
        }
        return low < wids.count && wids[low].wid == wid ? wids[low] : nil
    }
}
