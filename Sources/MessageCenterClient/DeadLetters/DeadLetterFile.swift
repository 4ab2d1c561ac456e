import Glibc

/// The file of dead letters: append only, one JSON object a line.
///
/// Several processes may append, each under a lock (flock(2)): the consumer what happens, and the
/// command `dead-letter` what somebody wants to happen. The consumer also shortens it, by putting a
/// new file in its place; the others find that out when they have the lock. Used by one task at a
/// time.
final class DeadLetterFile {
    let path: String
    private var file: DiskFile
    private(set) var ledger = DeadLetterLedger()
    /// How far the ledger has taken it in.
    private var offset = 0
    private var isDirty = false
    /// What could not be understood, in words; such lines stay where they are. The first hundred.
    private(set) var flaws: [String] = []
    private var lineCount = 0
    private var hasFlawedLine = false
    /// Bytes from which on shortening is thought of; rises where it does not help.
    private var shortensFrom: Int

    /// How long a lock is waited for: who has it writes a line and lets go.
    private static let lockWait = 10_000
    private static let mostFlaws = 100
    /// Bytes that are read and written at once.
    private let piece: Int
    /// Bytes of a line; none that was written by a consumer is near it.
    private static let longestLine = 32 << 20

    /// Opens it, or makes it; cuts off a last line that a crash has left torn, and keeps that
    /// beside the file, with `.torn` behind its name.
    ///
    /// - Parameters:
    ///   - shortensFrom: the bytes of a file that is worth shortening.
    ///   - piece: the bytes that are read and written at once.
    init(_ path: String, shortensFrom: Int = 1 << 20, piece: Int = 1 << 20) throws(FileFailure) {
        self.path = path
        self.piece = piece
        self.shortensFrom = shortensFrom
        file = try DiskFile(path)
        try lock()
        defer { file.unlock() }
        try takeNew(isLocked: true)
        try file.sync()
    }

    // MARK: Appending

    /// Appends lines, all or none. On disk only after `sync`.
    func append(_ entries: [DeadLetterEntry]) throws(FileFailure) {
        guard !entries.isEmpty else { return }
        try lock()
        defer { file.unlock() }
        try takeNew(isLocked: true)
        let start = offset
        do throws(FileFailure) {
            try file.write(entries.flatMap(\.line), at: start)
        } catch {
            // Half a line would be taken for a torn one, and half of several for all of them.
            try? file.truncate(to: start)
            throw error
        }
        isDirty = true
        try takeNew(isLocked: true)
    }

    /// Forces what was appended to disk.
    func sync() throws(FileFailure) {
        guard isDirty else { return }
        try file.sync()
        isDirty = false
    }

    /// Takes in what others have appended. True: there was something.
    func look() throws(FileFailure) -> Bool {
        guard try file.size > offset else { return false }
        let before = offset
        try takeNew(isLocked: false)
        return offset > before
    }

    /// The hub was told of a letter as it is now.
    func noteReported(_ id: String) { ledger.noteReported(id) }

    /// The hub does not know how a letter ended, or that it is open.
    func noteUnreported(_ id: String) { ledger.noteUnreported(id) }

    private func lock() throws(FileFailure) {
        for _ in 0..<Self.lockWait {
            if try file.lock(waiting: false) {
                switch try file.place {
                case .itself: return
                case .another: try begin(DiskFile(path))
                case .nothing: try makeAgain()
                }
                continue
            }
            usleep(1000)
        }
        throw FileFailure(path: path, action: "locked", code: EWOULDBLOCK)
    }

    /// Another file is at the path: that one counts.
    private func begin(_ another: consuming DiskFile) {
        file = another
        (ledger, offset, lineCount, hasFlawedLine) = (DeadLetterLedger(), 0, 0, false)
    }

    /// Somebody has taken the file away, and with it what still has to be done.
    private func makeAgain() throws(FileFailure) {
        let known = ledger
        let new = try DiskFile(path + ".new")
        try write(known, to: new)
        guard rename(path + ".new", path) == 0 else {
            throw FileFailure(path: path, action: "replaced", code: errno)
        }
        isDirty = true
        try begin(DiskFile(path))
    }

    // MARK: Shortening

    /// Writes it anew with no more than still counts, where that is less than half of it. The
    /// former file stays beside it, with `.old` behind its name, until the next time.
    ///
    /// A crash at any moment leaves the one or the other, whole. Never with a line in it that
    /// nobody understands: that could be a dead letter. Only for the consumer of the folder.
    func shorten(at time: String) throws(FileFailure) {
        guard offset >= shortensFrom, ledger.estimatedBytes < offset / 2, !hasFlawedLine else {
            return
        }
        // Whatever comes of it, not again for the same bytes.
        shortensFrom = offset * 2
        try lock()
        defer { file.unlock() }
        try takeNew(isLocked: true)
        let temporary = path + ".new"
        do throws(FileFailure) {
            let new = try DiskFile(temporary)
            try write(ledger, to: new, at: time)
            try new.sync()
            try file.give(placeTo: temporary, keptAs: path + ".old")
        } catch {
            unlink(temporary)
            throw error
        }
        // Who waits for the former one finds out when it is closed.
        let known = ledger
        begin(try DiskFile(path))
        try takeNew(isLocked: false)
        ledger.keepReported(known)
        isDirty = false
    }

    private func write(
        _ ledger: DeadLetterLedger, to new: borrowing DiskFile, at time: String = ""
    ) throws(FileFailure) {
        try new.truncate(to: 0)
        var (bytes, place) = ([UInt8](), 0)
        try ledger.rewrite(at: time) { (entry) throws(FileFailure) in
            bytes += entry.line
            guard bytes.count >= piece else { return }
            try new.write(bytes, at: place)
            place += bytes.count
            bytes.removeAll(keepingCapacity: true)
        }
        try new.write(bytes, at: place)
    }

    // MARK: Reading

    /// Takes in every whole line beyond `offset`, a piece of the file at a time. Without a lock a
    /// line without end is one that is being written; with it, one whose writer has crashed.
    private func takeNew(isLocked: Bool) throws(FileFailure) {
        var (line, place, isTooLong) = ([UInt8](), offset, false)
        while true {
            let bytes = try file.read(from: place, limit: piece)
            if bytes.isEmpty { break }
            var start = 0
            while let end = bytes[start...].firstIndex(of: 0x0A) {
                line += bytes[start..<end]
                take(line: isTooLong ? nil : line)
                line.removeAll(keepingCapacity: true)
                isTooLong = false
                start = end + 1
                offset = place + start
            }
            line += bytes[start...]
            place += bytes.count
            guard line.count > Self.longestLine else { continue }
            isTooLong = true
            line.removeAll()
        }
        guard isLocked, offset < place else { return }
        try keepTorn(through: place)
        try file.truncate(to: offset)
    }

    /// - Parameter line: nil: it was too long to be read.
    private func take(line: [UInt8]?) {
        lineCount += 1
        if line?.isEmpty == true { return }
        do throws(JSONFlaw) {
            guard let line else { throw JSONFlaw(description: "it is too long", offset: 0) }
            ledger.apply(try DeadLetterEntry(line: line))
        } catch {
            hasFlawedLine = true
            note(flaw: "\(path), line \(lineCount): \(error.description)")
        }
    }

    private func note(flaw: String) {
        if flaws.count < Self.mostFlaws { flaws.append(flaw) }
    }

    private func keepTorn(through end: Int) throws(FileFailure) {
        note(flaw: "\(path): its last line was torn; it is now in \(path).torn")
        // On a full disk there is no room to keep what nobody can read; the cut comes first.
        guard let torn = try? DiskFile(path + ".torn"), var place = try? torn.size else { return }
        var start = offset
        while start < end {
            let bytes = try file.read(from: start, limit: min(piece, end - start))
            if bytes.isEmpty { break }
            try? torn.write(bytes, at: place)
            start += bytes.count
            place += bytes.count
        }
        try? torn.write([0x0A], at: place)
    }
}
