/// The messages of one wid alone that are in the store, at one moment: for searches, which go both
/// ways.
///
/// Used on the thread that took it, until it leaves its `ReaderEpochs.Reader`.
package struct StoredEntries {
    private let view: PostingList.View
    /// What lies at or below it is in the archive. A later border is not this one's: between the
    /// two there are messages that only these entries, or only the archive, still tell of.
    package let border: Int64

    fileprivate init(_ view: PostingList.View, border: Int64) {
        self.view = view
        self.border = border
    }

    /// The first `count` of them in `range`, rising.
    package func first(_ count: Int, in range: ClosedRange<Int64>) -> [Int64] {
        let places = places(in: range)
        return places.prefix(count).map { view[$0] }
    }

    /// The last `count` of them in `range`, rising.
    package func last(_ count: Int, in range: ClosedRange<Int64>) -> [Int64] {
        let places = places(in: range)
        return places.suffix(count).map { view[$0] }
    }

    private func places(in range: ClosedRange<Int64>) -> Range<Int> {
        let first = view.rank(through: max(range.lowerBound - 1, border))
        return first..<max(first, view.rank(through: range.upperBound))
    }
}

extension Lines {
    /// The messages of `wid` alone that are in the store now; nil: it never had any.
    package func stored(of wid: UInt32) -> StoredEntries? {
        guard let view = list(of: wid)?.view else { return nil }
        // Loaded behind the view: nothing above it is missing there.
        return StoredEntries(view, border: border)
    }
}
