import MessageCenterClient
import Platform
import SQLite

/// Publishes the rows of an outbox, oldest first, and removes each when the hub has it.
///
/// One lane: rows go out in the order of `seq`, and so does every key. Two of these on one outbox
/// do no harm and no good: a row that both send is stored once.
final class OutboxDrain: Backlog, @unchecked Sendable {
    // Unchecked: the lane asks for one thing at a time; `counts` is for the one who waits for it.
    // What another thread may look at meanwhile is locked.

    /// What came of it so far.
    struct Counts: Sendable {
        var stored = 0
        var duplicates = 0
        var refused = 0
    }

    private struct Course {
        var isStopping = false
        var isHeldUp = false
    }

    private let course = Locked(Course())
    private let outbox: Outbox
    /// How often a request is sent at most while it fails; nil: for ever.
    private let tries: Int?
    private let note: @Sendable (String) -> Void
    private var rows: [Outbox.Row] = []
    private var failures = 0
    private(set) var counts = Counts()
    /// Why it ended with rows left.
    private(set) var stopped: Refusal?

    init(_ outbox: Outbox, tries: Int?, note: @escaping @Sendable (String) -> Void) {
        self.outbox = outbox
        self.tries = tries
        self.note = note
    }

    var waiting: Int { 0 }

    /// From now on no further row is given out. For any thread.
    func stop() { course.withLock { $0.isStopping = true } }

    var isStopping: Bool { course.withLock { $0.isStopping } }

    /// Whether it waits for a hub or a database that cannot be used now. For any thread.
    var isHeldUp: Bool { course.withLock { $0.isHeldUp } }

    /// Whether there are rows; false where nobody can tell.
    var hasRows: Bool { (try? outbox.front(BatchLimit(messages: 1, bytes: 1)))?.isEmpty == false }

    func front(_ limit: BatchLimit) async throws(Refusal) -> [OutgoingMessage] {
        if stopped != nil || isStopping { return [] }
        do throws(SQLiteError) {
            rows = try outbox.front(limit)
        } catch {
            throw failed(error)
        }
        return rows.map(\.message)
    }

    func settle(_ outcomes: [BatchInFlight.Outcome]) async throws(Refusal) {
        var (stored, refused) = ([Int64](), [(seq: Int64, why: Refusal)]())
        var duplicates = 0
        for (row, outcome) in zip(rows, outcomes) {
            switch outcome {
            case .stored(_, let isDuplicate):
                stored.append(row.seq)
                if isDuplicate { duplicates += 1 }
            case .refused(let why): refused.append((row.seq, why))
            case .givenUp: break
            }
        }
        do throws(SQLiteError) {
            try outbox.settle(stored: stored, refused: refused)
        } catch {
            throw failed(error)
        }
        failures = 0
        course.withLock { $0.isHeldUp = false }
        counts.stored += stored.count
        counts.duplicates += duplicates
        counts.refused += refused.count
        for (seq, why) in refused {
            note("row \(seq) was refused, and is in message_outbox_refused now: \(why.text)")
        }
    }

    func holdUp(_ why: BatchVerdict.HoldUp, front: Int) async -> Patience {
        failures += 1
        course.withLock { $0.isHeldUp = true }
        let ends = tries.map { failures >= $0 || !why.isPassing } ?? false
        if ends { stopped = why.refusal }
        return Patience(givenUp: ends ? front : 0, refusal: why.refusal)
    }

    /// The error to wait and try again for; where there were enough tries, it ends.
    private func failed(_ error: SQLiteError) -> Refusal {
        failures += 1
        course.withLock { $0.isHeldUp = true }
        let refusal = Refusal("database", error.description)
        if let tries, failures >= tries { stopped = refusal }
        return refusal
    }
}
