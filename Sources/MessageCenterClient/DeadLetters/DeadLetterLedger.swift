/// What all lines of a dead-letter file come to: pure, folded line by line.
///
/// Letters of one key form a line, oldest first: a dead one, and those parked behind it. A line
/// whose first is parked has lost its dead one, and goes on by itself.
struct DeadLetterLedger: Sendable {
    /// Keys are bytes; a letter without key is a line of its own.
    private enum LineName: Hashable {
        case key([UInt8])
        case id(String)
    }

    private var letters: [String: DeadLetter] = [:]
    private var lines: [LineName: [String]] = [:]
    private var unreported: Set<String> = []
    private(set) var lastNumber = 0
    /// Parked and dead together.
    private(set) var openCount = 0
    private(set) var openBytes = 0

    // MARK: Folding

    /// Takes the next line of the file.
    mutating func apply(_ entry: DeadLetterEntry) {
        switch entry.event {
        case .letter(let letter): take(letter)
        case .failed(let error, let tries, let coalesced, let isCreatedInRun):
            // Whoever ordered a retry of one of them had the whole line in mind.
            for letter in letters[entry.id].map({ line(of: $0.message) }) ?? [] {
                letters[letter.message.id]?.order = nil
            }
            change(entry.id) { letter in
                guard letter.state.isOpen else { return }
                letter.state = .dead
                letter.error = error
                letter.tries = tries
                letter.message.coalesced = coalesced
                letter.message.isCreatedInRun = isCreatedInRun
                letter.lastAt = entry.at
                letter.order = nil
            }
        case .ordered(let order):
            change(entry.id) { if $0.state.isOpen { $0.order = order } }
        case .settled(let state): settle(entry, state)
        case .shortened(let number): lastNumber = max(lastNumber, number)
        case .reported:
            unreported.remove(entry.id)
            if letters[entry.id]?.state.isOpen == false { letters[entry.id] = nil }
        }
    }

    private mutating func change(_ id: String, _ change: (inout DeadLetter) -> Void) {
        guard var letter = letters[id] else { return }
        change(&letter)
        letters[id] = letter
        unreported.insert(id)
    }

    private mutating func take(_ letter: DeadLetter) {
        let id = letter.message.id
        lastNumber = max(lastNumber, letter.number)
        unreported.insert(id)
        guard letters[id]?.state.isOpen != true else {
            letters[id] = letter
            return
        }
        letters[id] = letter
        openCount += 1
        openBytes += letter.message.body.count
        insert(letter)
    }

    /// Behind all that came before it; an operator may have moved the warehouse back, so that one
    /// comes late that belongs in between.
    private mutating func insert(_ letter: DeadLetter) {
        let name = Self.name(letter.message)
        var line = lines[name] ?? []
        let place = line.firstIndex { id in
            letters[id]?.hub == letter.hub && letters[id]!.message.index > letter.message.index
        }
        line.insert(letter.message.id, at: place ?? line.endIndex)
        lines[name] = line
    }

    private mutating func settle(_ entry: DeadLetterEntry, _ state: DeadLetter.State) {
        guard let letter = letters[entry.id], letter.state.isOpen else { return }
        openCount -= 1
        openBytes -= letter.message.body.count
        let name = Self.name(letter.message)
        lines[name]?.removeAll { $0 == entry.id }
        if lines[name]?.isEmpty == true { lines[name] = nil }
        change(entry.id) { letter in
            letter.state = state
            letter.lastAt = entry.at
            letter.order = nil
        }
    }

    private static func name(_ message: Message) -> LineName {
        message.key.map { .key(Array($0.utf8)) } ?? .id(message.id)
    }

    // MARK: Writing anew

    /// About so many bytes are the lines that it comes to.
    var estimatedBytes: Int { openBytes + letters.count * 2048 }

    /// The lines that come to the same ledger, as few as there can be.
    ///
    /// - Parameter visit: is given one after another.
    func rewrite<Failure: Error>(
        at time: String, _ visit: (DeadLetterEntry) throws(Failure) -> Void
    ) throws(Failure) {
        try visit(DeadLetterEntry(id: "", at: time, .shortened(through: lastNumber)))
        // How they ended, which the hub does not know yet.
        for letter in letters.values where !letter.state.isOpen {
            var open = letter
            open.state = .dead
            try visit(.init(id: letter.message.id, at: letter.lastAt, .letter(open)))
            try visit(.init(id: letter.message.id, at: letter.lastAt, .settled(letter.state)))
        }
        // In the order of their lines, which is not always that of their numbers.
        let whole = lines.values.map { $0.compactMap { letters[$0] } }
            .sorted { $0[0].number < $1[0].number }
        for letter in whole.joined() {
            var unordered = letter
            unordered.order = nil
            try visit(.init(id: letter.message.id, at: letter.lastAt, .letter(unordered)))
            guard let order = letter.order else { continue }
            try visit(.init(id: letter.message.id, at: letter.lastAt, .ordered(order)))
        }
    }

    // MARK: Looking

    /// The letter of a message; settled ones are known until the hub knows of them.
    subscript(id: String) -> DeadLetter? { letters[id] }

    /// Whether a message is here and something is still to be done about it.
    func isOpen(_ id: String) -> Bool { letters[id]?.state.isOpen == true }

    /// Whether a message that comes again is here already, by itself or swallowed by a run that
    /// failed. Put behind that run a second time it would pass for newer.
    func knows(_ message: Message, from hub: String) -> Bool {
        isOpen(message.id)
            || message.key != nil
                && line(of: message).contains { letter in
                    letter.hub == hub && letter.message.coalesced > 0
                        && letter.message.wid == message.wid
                        && letter.message.entity == message.entity
                        && letter.message.index...letter.message.lastIndex ~= message.index
                }
    }

    /// All open ones, by number.
    var open: [DeadLetter] {
        letters.values.filter(\.state.isOpen).sorted { $0.number < $1.number }
    }

    /// What the hub has to be told, by number.
    var toReport: [DeadLetter] {
        unreported.compactMap { letters[$0] }.sorted { $0.number < $1.number }
    }

    /// The hub has been told of a letter as it is now; for an open one nothing is written, so that
    /// it is told again at the next start.
    mutating func noteReported(_ id: String) { unreported.remove(id) }

    /// The hub has to be told of a letter again.
    mutating func noteUnreported(_ id: String) {
        if letters[id] != nil { unreported.insert(id) }
    }

    /// What the hub knew of the letters of another ledger, which was this one written otherwise.
    mutating func keepReported(_ other: DeadLetterLedger) {
        unreported.formIntersection(other.unreported)
    }

    /// The line that a message of this key would stand in, oldest first.
    func line(of message: Message) -> [DeadLetter] {
        (lines[Self.name(message)] ?? []).compactMap { letters[$0] }
    }

    /// Whether a message has to be parked: one of its key has failed before it.
    func holds(_ message: Message, from hub: String) -> Bool {
        guard message.key != nil, let first = line(of: message).first else { return false }
        return first.hub != hub || first.message.index < message.index
    }

    /// Whether its key has open letters, so that nothing may melt across them.
    func knowsKey(of message: Message) -> Bool {
        message.key != nil && !line(of: message).isEmpty
    }

    /// Letters that are to be dropped, by number.
    var toDrop: [DeadLetter] { open.filter { $0.order == .drop } }

    /// Lines that are to be tried again, by the number of their first letter.
    var toRetry: [[DeadLetter]] {
        lines.values.map { $0.compactMap { letters[$0] } }.filter(Self.isToRetry)
            .sorted { $0[0].number < $1[0].number }
    }

    /// Whether somebody wants a letter of the line retried, or it has lost its dead one.
    static func isToRetry(_ line: [DeadLetter]) -> Bool {
        line.first?.state == .parked || line.contains { $0.order == .retry }
    }

    /// How many the hub has to be told of.
    var unreportedCount: Int { unreported.count }
}
