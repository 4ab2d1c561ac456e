import MessageCenterClient
import SQLite

/// Waits while something is away that all messages need: the data interface, room on the disk, the
/// lock of the database. Were that a failure of the message at hand, an hour of it would make dead
/// letters of a whole day.
struct Patience: Sendable {
    /// How long it waits for one message; then that one has failed after all.
    let bound: Duration
    /// Told at the beginning of a wait and every minute of it, and nil at its end.
    let tell: @Sendable (String?) -> Void

    private static let firstPause = 0.2
    private static let longestPause = 5.0
    /// Nobody is waited for longer in one go, whatever he asks for.
    private static let longestAsked = 60

    /// Runs `body` until it does something else than find something away.
    ///
    /// - Throws: what `body` throws, and `CancellationError` when its task is cancelled.
    func wait<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result
    {
        let clock = ContinuousClock()
        let begun = clock.now
        var told: ContinuousClock.Instant?
        defer { if told != nil { tell(nil) } }
        var full = Self.firstPause
        while true {
            let reason: Away
            do {
                return try await body()
            } catch let away as Away {
                reason = away
            } catch let error as SQLiteError where error.isOfMachine {
                reason = Away("the database: \(error.message)")
            }
            guard clock.now - begun < bound else { throw reason }
            if told.map({ clock.now - $0 > .seconds(60) }) ?? true {
                told = clock.now
                tell(reason.description)
            }
            let asked = reason.retryAfter.map { Double(min($0, Self.longestAsked)) }
            // The random half keeps many warehouses from coming back at once.
            try await Task.sleep(for: .seconds(asked ?? full * Double.random(in: 0.5...1)))
            full = min(Self.longestPause, full * 2)
        }
    }
}

extension SQLiteError {
    /// Whether it says something of the machine or of other programs, nothing of the row.
    var isOfMachine: Bool {
        switch code {
        case .busy, .locked, .full, .inputOutput, .cannotOpen, .noMemory, .permission: true
        default: false
        }
    }
}
