import Hub

/// What is known of a line in the archive at the index behind which a scan begins.
struct LineStart {
    var counts: ArchivedLines.Counts
    /// Messages of the line behind the index were pruned; they are counted as lying before it.
    var isLost = false
    /// The first message that was not pruned, where that lies behind the next one.
    var oldest: Int64?
}

/// Counts one of a line's two lists at an index, as the frames behind it come.
///
/// A frame tells how many messages of a wid lie before it, and where the last of them is: is that
/// not above the index, then nothing between them is missed, whatever was pruned or taken away.
struct ListStart {
    private(set) var count: Int64?
    private(set) var isLost = false
    /// The frame that the index lies in cannot be read; a later one may tell all the same.
    private var failure: ReadFailure?

    let wid: UInt32
    let index: Int64

    init(_ wid: UInt32, at index: Int64) {
        self.wid = wid
        self.index = index
    }

    /// Takes what a frame tells, which ends behind the index.
    ///
    /// - Parameters:
    ///   - isPruned: there is a hole between the index and the oldest frame.
    ///   - countWithin: messages of the wid in the frame at or below the index.
    mutating func look(
        at frame: ArchivedFrame, isPruned: Bool, countWithin: () throws(ReadFailure) -> Int64
    ) throws(ReadFailure) {
        guard count == nil, let its = frame.count(of: wid) else { return }
        guard index < frame.first else {
            do throws(ReadFailure) {
                count = its.before + (try countWithin())
            } catch {
                guard case .gone = error else { throw error }
                failure = error
            }
            return
        }
        let isLast = its.previous.map { $0 <= index }
        try end(at: its.before, isLast: isLast ?? (its.before == 0), isPruned: isPruned)
    }

    /// No frame behind the index has anything of the list, which has so many messages in the
    /// archive, the last of them `last`.
    mutating func end(atBorder count: Int64, last: Int64, isPruned: Bool) throws(ReadFailure) {
        guard self.count == nil else { return }
        try end(at: count, isLast: last <= index, isPruned: isPruned)
    }

    /// - Parameter isLast: the last of the messages counted is known to lie at or below the index.
    private mutating func end(
        at count: Int64, isLast: Bool, isPruned: Bool
    ) throws(ReadFailure) {
        if !isLast, let failure { throw failure }
        self.count = count
        isLost = isPruned && !isLast
    }
}
