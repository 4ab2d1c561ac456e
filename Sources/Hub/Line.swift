/// The line of one warehouse at one moment: messages of wid 0 and its own, by index.
///
/// Nothing above `head` is in it, so the two lists agree whatever the writer does meanwhile; and
/// nothing at or below `border` is shown: that is in the archive. Used on the thread that made it,
/// within one tick.
package struct Line {
    /// Whose line it is; 0: of the messages that everybody must consume.
    package let wid: UInt32
    /// The newest index of the hub when the line was taken.
    package let head: Int64
    /// What lies at or below it is in the archive; 0 = nothing is. Never above `head`.
    package let border: Int64
    private let global: PostingList.View
    private let own: PostingList.View?

    init(
        wid: UInt32, head: Int64, border: Int64, global: PostingList.View,
        own: PostingList.View?
    ) {
        self.wid = wid
        self.head = head
        self.border = border
        self.global = global
        self.own = own
    }

    /// How many lists it is made of: of the global messages and its own, or of the first alone.
    package var lists: Int { wid == 0 ? 1 : 2 }

    /// How many messages of the line are at or below `index`: the ordinal of the last of them.
    ///
    /// Exact unless the line has messages in the archive behind `index` (`isArchived`); then it is
    /// what the archive has of the line in all, and a frame of the catalogue tells better.
    package func ordinal(through index: Int64) -> Int64 {
        let bound = min(max(index, border), head)
        return Int64(global.rank(through: bound) + (own?.rank(through: bound) ?? 0))
    }

    /// Messages of the whole line, archived ones included.
    package var count: Int64 { ordinal(through: head) }

    /// Messages of the line that are in the archive.
    package var trimmedCount: Int64 { ordinal(through: border) }

    /// The same, of each of its two lists.
    package var trimmed: (global: Int64, own: Int64) {
        (Int64(global.rank(through: border)), Int64(own?.rank(through: border) ?? 0))
    }

    /// The newest message of each of its two lists that is in the archive; 0: there is none.
    package var lastTrimmedOfEach: (global: Int64, own: Int64) {
        (global.last(through: border), own?.last(through: border) ?? 0)
    }

    /// The newest message of the line that is in the archive; 0: there is none.
    package var lastTrimmed: Int64 {
        let last = lastTrimmedOfEach
        return max(last.global, last.own)
    }

    /// Whether messages of the line behind `index` are in the archive: what comes next is there.
    package func isArchived(after index: Int64) -> Bool {
        index < border && index < lastTrimmed
    }

    /// The first message in the store above `index`, if there is one.
    package func first(after index: Int64) -> Int64? {
        var cursor = self.cursor(after: index)
        return cursor.next()?.index
    }

    /// Walks the messages in the store above `index`.
    package func cursor(after index: Int64) -> Cursor {
        Cursor(line: self, after: index)
    }

    /// One message's place.
    package struct Entry: Equatable, Sendable {
        package let index: Int64
        /// The place in the warehouse's line, from 1.
        package let ordinal: Int64
        /// The place among the messages of its own wid, from 1; the store keeps it as a check.
        package let nth: Int64

        package init(index: Int64, ordinal: Int64, nth: Int64) {
            self.index = index
            self.ordinal = ordinal
            self.nth = nth
        }
    }

    /// Walks a line upwards, the two lists merged.
    package struct Cursor {
        private var global: PostingList.Cursor
        private var own: PostingList.Cursor?
        private let head: Int64

        fileprivate init(line: Line, after place: Int64) {
            let index = max(place, line.border)
            global = PostingList.Cursor(line.global, after: index)
            own = line.own.map { PostingList.Cursor($0, after: index) }
            head = line.head
        }

        /// The next message of the line, nil at its end.
        package mutating func next() -> Entry? {
            let ownNext = own?.next ?? .max
            let globalNext = global.next ?? .max
            guard min(ownNext, globalNext) <= head else { return nil }
            let before = Int64(global.position + (own?.position ?? 0))
            if ownNext < globalNext {
                own!.advance()
                return Entry(index: ownNext, ordinal: before + 1, nth: Int64(own!.position))
            }
            global.advance()
            return Entry(index: globalNext, ordinal: before + 1, nth: Int64(global.position))
        }
    }
}
