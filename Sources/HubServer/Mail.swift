import Hub
import Platform
import Wire

/// What other threads tell a loop.
enum LoopMail {
    /// The writer has answered a batch of this loop.
    case written(WriteBatch)
    /// Messages of these wids are committed, or something else changed for these warehouses.
    case wake(Wake)
    /// A waiting pull was superseded by a newer one of the same session.
    case supersede(Warehouse.WaitingPull)
    /// The admin reader has an answer.
    case answer(LookAnswer)
    /// The archive's desk has an answer.
    case desk(DeskAnswer)
    /// For those who follow the hub's events.
    case news(News)
    /// The tokens have changed: a loop at rest looks now, because of those who wait on it.
    case tokens
    /// Answer by the loop's `Beat`.
    case beat
    /// Begin to stop: take nothing new, end what waits.
    case stop
}

/// Whose waiting pulls have to look again. One object for all loops.
final class Wake: Sendable {
    let wids: [UInt32]

    init(_ wids: [UInt32]) {
        self.wids = wids
    }
}

/// What loops and others tell the writer.
enum WriterMail {
    case batch(WriteBatch)
    /// The WAL has grown: restart it between two commits.
    case restartLog
    /// The frame is safe on disk: its messages are the archive's from now on.
    case archive(ArchivedFrame)
    /// The archive lets go of what lies at or below `through`, the end of a frame.
    /// `deed`: the operator's who asked for it.
    case prune(through: Int64, time: Int64, deed: Deed?)
    /// Deeds of the command line, for the audit.
    case carry(CarriedDeeds)
    /// Samples are there to be kept.
    case keepSamples
    /// Commit anything: a hand-over that was reported as failed is then known not to be on disk.
    case probe
    /// Answer by the writer's `Beat`.
    case beat
}

/// What the archiver is told.
enum ArchiverMail {
    /// The writer has done what it was asked for, or could not.
    case done(StoreFailure?)
    /// An operator prunes the archive.
    case prune(PruneOrder)
}

/// A prune that was asked for, and the answer to give when it is done.
struct PruneOrder {
    /// The last frame to go, and its file's last.
    let frame: ArchivedFrame
    let deed: Deed
    let loop: Int
    let answer: LookAnswer
}

/// A request that is read off the loops.
struct LookRequest {
    let loop: Int
    let call: Token
    let look: Look
}

/// What the admin reader is asked.
enum Look {
    case warehouses(after: UInt32?, limit: Int, withTrend: Bool)
    case warehouse(UInt32)
    case history(UInt32, TimeRange)
    case line(UInt32, after: Int64?, PageReader.Query)
    case message(MessageName, Principal, wid: UInt32?, after: UInt32?, limit: Int)
    case search(Search)
    case archive(ArchiveAsk)
    case letters(LetterAsk)
    case topics
    case audit(AuditFilter, before: Int64, limit: Int)
    case stats(TimeRange)
    case metrics
}

/// How a message is named in a path.
enum MessageName {
    case index(Int64)
    case id(MessageID)
}

/// The admin reader's answer: a finished body, or one that a replay's copies still end.
final class LookAnswer: Sendable {
    let call: Token
    let result: Result<Body, Problem>

    struct Body: Sendable {
        let contentType: StaticString
        let bytes: [UInt8]
        /// To be stored before the answer is whole.
        var copies: WriteBatch?
        /// To be ordered something, instead of an answer.
        var letters: FoundLetters?
    }

    init(call: Token, _ result: Result<Body, Problem>) {
        self.call = call
        self.result = result
    }
}
