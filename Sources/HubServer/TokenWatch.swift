import Hub
import HubSQLite
import Platform

/// Looks once a second whether somebody has changed the tokens; carries the deeds of the command
/// line into the audit; keeps when each token was last used. The watch's thread.
struct TokenWatch {
    private let hub: HubState
    private let tokens: TokenFile
    private let reader: SQLiteReader
    private var version: Int64
    private var next: UInt64 = 0
    private var nextSave: UInt64
    /// By the token's number, what is on disk.
    private var saved: [Int64: Int64] = [:]
    private var mayHaveDeeds = true
    private var wasTold = false

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
        do throws(TokenFile.Failure) {
            try refresh()
            if mayHaveDeeds { try carry() }
            if now >= nextSave {
                nextSave = now + Self.saveNanoseconds
                try saveUses()
            }
            wasTold = false
        } catch {
            if !wasTold {
                hub.log.error("the tokens cannot be read, they stay as they were: \(error)")
            }
            wasTold = true
        }
    }

    /// The hub stops.
    mutating func end() {
        try? saveUses()
    }

    private mutating func refresh() throws(TokenFile.Failure) {
        let version = try tokens.version()
        guard version != self.version else { return }
        let authority = try tokens.authority(
            isLocal: hub.configuration.listen.isLoopback, after: hub.authority.value)
        self.version = version
        mayHaveDeeds = true
        hub.authority.replace(authority)
        for loop in hub.loops { _ = loop.post(.credentials) }
        hub.log.info("the tokens have changed")
        if authority.isEmpty, !authority.isOpen {
            hub.log.warning("the last token is gone: nobody may do anything until one is made")
        }
    }

    /// Hands the next deeds to the writer, and forgets those that it has kept: the mark in the
    /// store tells which, also after a crash between the two.
    private mutating func carry() throws(TokenFile.Failure) {
        guard !hub.isCarrying else { return }
        var deeds = try tokens.deeds(atMost: Limits.deedsCarried)
        guard let mark = try? reader.carriedMark() else { return }
        if let last = deeds.lastIndex(where: { $0.mark == mark }) {
            try tokens.forgetDeeds(through: deeds[last].number)
            KillPoint.pass("deeds.forgotten")
            deeds.removeSubrange(...last)
        }
        guard let last = deeds.last else {
            mayHaveDeeds = try !tokens.deeds(atMost: 1).isEmpty
            return
        }
        hub.isCarrying = true
        guard hub.writer.post(.carry(CarriedDeeds(deeds.map(\.deed), mark: last.mark))) else {
            hub.isCarrying = false
            return
        }
    }

    private mutating func saveUses() throws(TokenFile.Failure) {
        var news: [Int64: Int64] = [:]
        for use in hub.authority.value.uses where use.last > saved[use.number] ?? 0 {
            news[use.number] = use.last
        }
        guard !news.isEmpty else { return }
        try tokens.save(lastUses: news)
        saved.merge(news) { $1 }
    }
}
