import Hub
import HubSQLite
import Platform

/// Looks once a second whether somebody has changed the tokens; carries the deeds of the command
/// line into the audit; keeps when each token was last used. The watch's thread.
struct TokenWatch {
    let reader: SQLiteReader
    private let hub: HubState
    private var tokens: TokenFile
    /// Of the file, when it was last read; nil: it has to be.
    private var version: Int64?
    /// There is no file of that name.
    private var isGone = false
    private var next: UInt64 = 0
    private var nextSave: UInt64
    /// By the token's number, what is on disk.
    private var saved: [Int64: Int64] = [:]
    private var mayHaveDeeds = true
    /// What does not work, and was told.
    private var failing: Set<Work> = []

    /// What is done here: none of it waits for another that fails. In words for when it does.
    private enum Work: String {
        case read = "the tokens cannot be read, they stay as they were"
        case carry = "deeds of the command line stay in tokens.db, the audit lacks them"
        case forget = "deeds that are in the audit cannot be deleted from tokens.db"
        case save = "when tokens were last used cannot be kept in tokens.db"
    }

    static let lastGone = """
        the last token is gone: nobody may do anything until tokens.db is put back from a backup, \
        or a token is made
        """

    private static let secondNanoseconds: UInt64 = 1_000_000_000
    /// A use is on disk after a minute at most: more often it would only wear the disk.
    private static let saveNanoseconds: UInt64 = 60_000_000_000

    /// - Parameter tokens: the file, opened before `hub.authority` was read from it.
    init(hub: HubState, tokens: TokenFile, version: Int64, reader: SQLiteReader) {
        self.hub = hub
        self.tokens = tokens
        self.version = version
        self.reader = reader
        nextSave = MonotonicClock.now() + Self.saveNanoseconds
    }

    mutating func look(_ now: UInt64) {
        guard now >= next else { return }
        next = now + Self.secondNanoseconds
        attempt(.read) { watch in try watch.refresh() }
        guard !isGone else { return }
        if mayHaveDeeds { attempt(.carry) { watch in try watch.carry() } }
        if now >= nextSave {
            nextSave = now + Self.saveNanoseconds
            attempt(.save) { watch in try watch.saveUses() }
        }
    }

    /// The hub stops.
    mutating func end() {
        if !isGone { try? saveUses() }
    }

    /// Does some work; what fails is told once, and tried again.
    private mutating func attempt(_ work: Work, _ body: (inout TokenWatch) throws -> Void) {
        do {
            try body(&self)
            failing.remove(work)
        } catch {
            guard failing.insert(work).inserted else { return }
            hub.log.error("\(work.rawValue): \(error)")
        }
    }

    // MARK: Changes

    private mutating func refresh() throws {
        if isGone || tokens.isReplaced { try reopen() }
        guard !isGone else { return }
        let version = try tokens.version()
        guard version != self.version else { return }
        let authority = try tokens.authority(
            isLocal: hub.configuration.listen.isLoopback, wasEverDefined: wasEverDefined,
            after: hub.authority.value)
        self.version = version
        mayHaveDeeds = true
        replace(authority)
        hub.log.info("the tokens have changed")
        if authority.isEmpty, !authority.isOpen { hub.log.warning(Self.lastGone) }
    }

    /// Whatever the file says now: a hub that was shut is not opened by another file.
    private var wasEverDefined: Bool { !hub.authority.value.isOpen }

    private func replace(_ authority: Authority) {
        hub.authority.replace(authority)
        for loop in hub.loops { _ = loop.post(.credentials) }
    }

    /// Goes on with the file that has the name now. Without one no token holds: which of them were
    /// revoked in it nobody knows.
    private mutating func reopen() throws {
        if let file = try TokenFile.existing(in: hub.configuration.data) {
            (tokens, version, isGone, saved) = (file, nil, false, [:])
            return
        }
        guard !isGone else { return }
        isGone = true
        replace(
            Authority(
                [:], wasEverDefined: wasEverDefined,
                isLocal: hub.configuration.listen.isLoopback))
        guard wasEverDefined else { return }
        hub.log.error(
            """
            tokens.db is gone from \(hub.configuration.data): no token holds until it is put back, \
            from a backup if need be
            """)
    }

    // MARK: Deeds and uses

    /// Hands the next deeds to the writer, and forgets those that it has kept: the mark in the
    /// store tells which, also after a crash between the two.
    private mutating func carry() throws {
        guard !hub.isCarrying else { return }
        let mark = try reader.carriedMark()
        attempt(.forget) { watch in
            if try watch.tokens.forgetDeeds(through: mark) { KillPoint.pass("deeds.forgotten") }
        }
        var deeds = try tokens.deeds(after: mark, atMost: Limits.deedsCarried)
        // The store has to know of tokens that were made before deeds were noted, too.
        if deeds == nil, mark == 0, wasEverDefined {
            deeds = CarriedDeeds([], mark: TokenFile.newMark())
        }
        guard let deeds else {
            mayHaveDeeds = failing.contains(.forget)
            return
        }
        hub.isCarrying = true
        if !hub.writer.post(.carry(deeds)) { hub.isCarrying = false }
    }

    private mutating func saveUses() throws {
        var news: [Int64: Int64] = [:]
        for use in hub.authority.value.uses where use.last > saved[use.number] ?? 0 {
            news[use.number] = use.last
        }
        guard !news.isEmpty else { return }
        try tokens.save(lastUses: news)
        saved.merge(news) { $1 }
    }
}
