import Glibc

/// The file of dead letters: append only, one JSON object a line.
///
/// Several processes may append, each under a lock (flock(2)): the consumer what happens, and the
/// command `dead-letter` what somebody wants to happen. Used by one task at a time.
final class DeadLetterFile {
    let path: String
    private let file: DiskFile
    private(set) var ledger = DeadLetterLedger()
    /// How far the ledger has taken it in.
    private var offset = 0
    private var isDirty = false
    /// Lines that could not be understood, with their numbers; they stay where they are.
    private(set) var flaws: [String] = []
    private var lineCount = 0

    /// How long a lock is waited for: who has it writes a line and lets go.
    private static let lockWait = 10_000

    /// Opens it, or makes it; cuts off a last line that a crash has left torn, and keeps that
    /// beside the file, with `.torn` behind its name.
    init(_ path: String) throws(FileFailure) {
        self.path = path
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
            if try file.lock(waiting: false) { return }
            usleep(1000)
        }
        throw FileFailure(path: path, action: "locked", code: EWOULDBLOCK)
    }

    // MARK: Reading

    /// Takes in every whole line beyond `offset`. Without a lock a line without end is one that is
    /// being written; with it, one whose writer has crashed.
    private func takeNew(isLocked: Bool) throws(FileFailure) {
        let bytes = try file.read(from: offset)
        var start = 0
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            take(line: Array(bytes[start..<end]))
            start = end + 1
        }
        offset += start
        guard isLocked, start < bytes.count else { return }
        try keep(torn: Array(bytes[start...]))
        try file.truncate(to: offset)
    }

    private func take(line: [UInt8]) {
        lineCount += 1
        guard !line.isEmpty else { return }
        do throws(JSONFlaw) {
            ledger.apply(try DeadLetterEntry(line: line))
        } catch {
            flaws.append("\(path), line \(lineCount): \(error.description)")
        }
    }

    private func keep(torn bytes: [UInt8]) throws(FileFailure) {
        flaws.append("\(path): its last line was torn; it is now in \(path).torn")
        // On a full disk there is no room to keep what nobody can read; the cut comes first.
        guard let torn = try? DiskFile(path + ".torn") else { return }
        try? torn.write(bytes + [0x0A], at: (try? torn.size) ?? 0)
    }
}
