/// How many messages of a line lie at or below an index that is in the archive, found out from the
/// frames behind it; and whether anything of the line behind it was pruned.
///
/// A frame tells how many messages of a wid lie before it, and where the last of them is: is that
/// not above the index, then nothing between them is missed, whatever was pruned or taken away.
package struct LineStart {
    /// Of global messages, and of the line's own. Of what was pruned nobody knows any more where it
    /// was: it counts as lying at or below the index.
    package private(set) var global: Int64?
    package private(set) var own: Int64?
    /// Messages of the line behind the index were pruned.
    package private(set) var isLost = false
    /// The frame that the index lies in cannot be read, and no other tells what is in it.
    package private(set) var isUnreadable = false
    /// The first message that the archive has behind the index.
    package private(set) var oldest: Int64?

    private let line: Line
    private let index: Int64
    /// The lists of which the frame that the index lies in has messages, and cannot be read.
    private var unread: Set<UInt32> = []

    package init(_ line: Line, at index: Int64) {
        self.line = line
        self.index = index
        if line.wid == 0 { own = 0 }
    }

    /// Whether no more frames have to be looked at.
    package var isKnown: Bool { global != nil && own != nil }

    private var isPruned: Bool { oldest ?? (line.border + 1) > index + 1 }

    /// Takes what the next frame tells that ends behind the index.
    ///
    /// - Parameter countWithin: messages of a wid in the frame at or below the index, which lies in
    ///   it; nil: the frame cannot be read.
    package mutating func look<Failure: Error>(
        at frame: ArchivedFrame, countWithin: (_ wid: UInt32) throws(Failure) -> Int64?
    ) throws(Failure) {
        oldest = oldest ?? max(frame.first, index + 1)
        if global == nil { global = try count(of: 0, in: frame, countWithin) }
        if own == nil { own = try count(of: line.wid, in: frame, countWithin) }
    }

    private mutating func count<Failure: Error>(
        of wid: UInt32, in frame: ArchivedFrame,
        _ countWithin: (_ wid: UInt32) throws(Failure) -> Int64?
    ) throws(Failure) -> Int64? {
        guard let its = frame.count(of: wid) else { return nil }
        guard index < frame.first else {
            if let count = try countWithin(wid) { return its.before + count }
            unread.insert(wid)
            return nil
        }
        // Where the catalogue does not tell, something before may lie behind the index.
        note(wid, isLast: its.before == 0 || its.previous.map { $0 <= index } ?? false)
        return its.before
    }

    /// There are no more frames: the lists themselves tell how much of them is in the archive.
    package mutating func end() {
        let (trimmed, last) = (line.trimmed, line.lastTrimmedOfEach)
        if global == nil {
            note(0, isLast: last.global <= index)
            global = trimmed.global
        }
        if own == nil {
            note(line.wid, isLast: last.own <= index)
            own = trimmed.own
        }
    }

    /// - Parameter isLast: the messages counted are known to lie at or below the index.
    private mutating func note(_ wid: UInt32, isLast: Bool) {
        guard !isLast else { return }
        if unread.contains(wid) { isUnreadable = true } else if isPruned { isLost = true }
    }
}
