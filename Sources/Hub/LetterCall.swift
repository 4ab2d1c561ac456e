/// Something that is asked of the writer about dead letters, and its answer: beside the messages
/// and changes of a `WriteBatch`.
package struct LetterCall {
    package enum Work: Sendable {
        /// A client's report.
        case report(wid: UInt32, LetterReport)
        /// Several of one client.
        case reports(wid: UInt32, [LetterReport])
        /// An operator's order for the letters of these numbers.
        case order(DeadLetter.Action, [Int64])
    }

    package enum Outcome: Sendable {
        case pending
        /// On disk: the letter as it then was, and whether the report was the first of it.
        case reported(DeadLetter, isNew: Bool)
        /// On disk: for each report the letter as it then was, or why it changed nothing.
        case reportedAll([Result<DeadLetter, Refusal>])
        /// Nothing was changed.
        case refused(Refusal)
        /// On disk: for each number the letter as it then was, or why it has no such order.
        case ordered([Result<DeadLetter, Refusal>])
        case failed(StoreFailure)
    }

    /// The loop's name for the call to answer.
    package let call: UInt64
    package let work: Work
    package var outcome = Outcome.pending

    package init(call: UInt64, work: Work) {
        self.call = call
        self.work = work
    }

    /// Whether it has many letters, and so a batch of its own.
    var isLarge: Bool { if case .reports = work { true } else { false } }

    /// Bytes that it holds until it is answered.
    package var bytes: Int {
        switch work {
        case .report(_, let report): report.bytes
        case .reports(_, let reports): reports.reduce(0) { $0 + $1.bytes }
        case .order: 0
        }
    }
}
