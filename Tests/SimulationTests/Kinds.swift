import TestSupport

/// What a run has in it. Each run leaves some of it out (swarm testing): bugs hide behind events
/// that always happen.
struct Kinds: CustomStringConvertible {
    var crashes = true
    var failures = true
    /// A commit is on the disk, and its sync is reported as failed.
    var lostSyncs = true
    var lostAnswers = true
    var disconnects = true
    var takeOvers = true
    var seeks = true
    var pauses = true
    var releases = true
    var autocommit = true
    var filters = true
    var readsAhead = true
    var clockSteps = true
    /// Two programs want each warehouse; else one, which is seldom refused and often waits.
    var rivals = true
    /// There is nearly always something to read; else pulls wait.
    var plenty = true
    /// Loops have more pages to read than a tick may, so that some wait for several ticks.
    var backlogs = true
    /// Everything comes to rest often, so that whoever was forgotten is found before another wakes
    /// him.
    var rests = true
    /// Time passes quickly, so that leases lapse and deadlines come.
    var haste = true
    /// Wake-ups get lost; then only deadlines help, and nothing is said of waiters before them.
    var lostWakeUps = true
    /// Messages move to an archive, which is pruned.
    var moves = true
    var prunes = true

    /// All kinds, each with the chance of a half, the rarest with less.
    init(_ random: inout SplitMix) {
        for kind in [
            \.crashes, \.failures, \.lostSyncs, \.lostAnswers, \.disconnects, \.takeOvers,
            \.seeks, \.pauses, \.releases, \.autocommit, \.filters, \.readsAhead, \.clockSteps,
            \.rivals, \.plenty, \.backlogs, \.rests, \.haste, \.moves, \.prunes,
        ] as [WritableKeyPath<Kinds, Bool>] {
            self[keyPath: kind] = random.oneIn(2)
        }
        lostWakeUps = random.oneIn(8)
    }

    var description: String {
        let kinds = Mirror(reflecting: self).children.filter { $0.value as? Bool == true }
        return kinds.compactMap(\.label).joined(separator: " ")
    }
}

/// A hub that is wrong on purpose, to show that the simulation would tell.
enum Defect: String, CaseIterable, Sendable {
    /// A waiter is registered one step after its line was read.
    case registersLate
    /// The first waiter of a loop does not look once more after the writer can know of it.
    case trustsItsSign
    /// Waiters are woken before the messages can be seen.
    case wakesBeforePublishing
    /// Readers see messages before they are on disk.
    case publishesBeforeCommit
    /// Publishers are answered before the commit.
    case answersBeforeCommit
    /// What a commit changed of a warehouse is installed without regard to what is there: a page
    /// handed out meanwhile is forgotten.
    case overwritesRows
    /// A page read before a seek or take-over is handed out all the same.
    case ignoresEpochs
    /// A pull waits although its warehouse was paused between its admission and its page, when
    /// nobody could wake it.
    case waitsThoughPaused
    // At the border.

    /// A frame is handed over before it is synced.
    case handsOverUnsynced
    /// What an unfinished move has left in the files stays there.
    case keepsUnfinished
    /// A frame whose hand-over was reported as failed is cut off at once, though a crash may bring
    /// the hand-over to light.
    case cutsTheUnsure
    /// Files are removed before the catalogue has let go of them.
    case prunesFilesFirst
    /// Rows below the border are deleted while somebody still reads them.
    case trimsUnderReaders
    /// An old id is stored without a look into the archive.
    case looksOnlyInStore
    /// A pull passes over what was pruned.
    case skipsWhatIsPruned
    /// A loop takes its sign down while the desk reads a page for a pull that then waits.
    case forgetsTheDesk
    /// Whoever stands before the archive's beginning is told that his messages are gone, though he
    /// has done all that were.
    case refusesWhoNeedsNothing
}
