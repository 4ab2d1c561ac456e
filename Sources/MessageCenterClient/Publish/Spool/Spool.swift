import Foundation

/// Messages on the disk, in the order they came: appended and synced at one end, settled at the
/// other. Not shared between threads.
///
/// A place is counted in bytes from the first message that the folder ever held. The folder has
/// - `<place of its first byte>.spool`: the messages, in files of a bounded size,
/// - `settled`: the place up to which the hub has answered, with a checksum; it need not be exact,
///   since what is sent again is stored once,
/// - `refused.jsonl`: what the hub did not take, with its reason, each message once,
/// - `lock`: held by the process that has the folder open, with its id in it.
final class Spool {
    /// Places of messages that are on the disk and not settled.
    var pending: Range<Int> { settled..<end }

    private let folder: String
    private let limit: Int
    private let fileSize: Int
    private let lock: SpoolFile
    private let settledFile: SpoolFile
    private let refused: RefusedFile
    /// Where each file begins, in order; the last one is written to.
    private var starts: [Int]
    private var last: SpoolFile
    private var settled: Int
    private var end: Int
    /// A write may be half there and could not be taken back: nothing is appended any more.
    private var broken: Refusal?

    /// Opens a folder, made if it is not there, and repairs the torn end that a crash left.
    ///
    /// - Parameters:
    ///   - limit: bytes of all files at most.
    ///   - fileSize: bytes at which a new file is begun.
    init(_ folder: String, limit: Int, fileSize: Int = 16 << 20) throws(Refusal) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw Refusal(PublishCode.spoolFailed, "the spool, \(folder), cannot be made: \(error)")
        }
        self.folder = folder
        self.limit = limit
        self.fileSize = max(1, min(fileSize, limit / 4))
        lock = try Self.lock(folder)
        refused = try RefusedFile(folder + "/refused.jsonl")
        settledFile = try SpoolFile(folder + "/settled")
        var starts = try Self.starts(in: folder)
        // The hub had answered for everything up to the last message it refused, too.
        let note = Self.place(try settledFile.read(from: 0, count: Self.placeLength)) ?? 0
        let told = max(note, refused.told)
        if starts.isEmpty { starts = [told] }
        last = try SpoolFile(Self.path(folder, starts.last!))
        let whole = try last.lineStart(before: last.size())
        try last.cut(to: whole)
        end = starts.last! + whole
        settled = min(max(told, starts[0]), end)
        if told > end {
            // A file is gone, or was cut: places are never used twice.
            starts.append(told)
            last = try SpoolFile(Self.path(folder, told))
            (settled, end) = (told, told)
        }
        self.starts = starts
        try last.sync()
        try SpoolFile.syncFolder(folder)
        try? removeSettledFiles()
    }

    /// Bytes on the disk.
    var size: Int { end - starts[0] + refused.size }

    // MARK: Appending

    /// Appends messages and returns when they are on the disk: with the place behind each, or nil
    /// where there is no room for it.
    ///
    /// - Throws: where none of them was kept.
    func append(_ messages: [OutgoingMessage]) throws(Refusal) -> [Int?] {
        if let broken { throw broken }
        if end - starts.last! >= fileSize { try beginFile() }
        var (bytes, ends) = ([UInt8](), [Int?]())
        var room = limit - size
        for message in messages {
            let length = message.line.count + SpoolLine.overhead
            guard length <= room else {
                ends.append(nil)
                continue
            }
            room -= length
            bytes += SpoolLine.bytes(of: message)
            ends.append(end + bytes.count)
        }
        try write(bytes)
        end += bytes.count
        return ends
    }

    /// Why `append` has no place for a message.
    var full: Refusal {
        Refusal(
            PublishCode.spoolFull,
            "the spool, \(folder), is full: \(size) of \(limit) bytes wait for the hub or stand "
                + "in refused.jsonl")
    }

    /// All or nothing: what could not be synced is taken back, or a caller who was told of a
    /// failure would see the message go out all the same.
    private func write(_ bytes: [UInt8]) throws(Refusal) {
        guard !bytes.isEmpty else { return }
        let offset = end - starts.last!
        do throws(Refusal) {
            try last.write(bytes, at: offset)
            try last.sync()
        } catch let failure {
            do throws(Refusal) {
                try last.cut(to: offset)
            } catch {
                broken = error
            }
            throw failure
        }
    }

    private func beginFile() throws(Refusal) {
        let file = try SpoolFile(Self.path(folder, end))
        do throws(Refusal) {
            try SpoolFile.syncFolder(folder)
        } catch {
            // Left there, it would begin where the file before it goes on.
            unlink(file.path)
            throw error
        }
        last = file
        starts.append(end)
    }

    // MARK: Settling

    /// The oldest lines that are not settled, about as many as the limit says, and none beyond
    /// the end of a file.
    func front(_ limit: BatchLimit) throws(Refusal) -> [SpoolLine] {
        guard let place = starts.lastIndex(where: { $0 <= settled }), settled < end else {
            return []
        }
        let fileEnd = place + 1 < starts.count ? starts[place + 1] : end
        let offset = settled - starts[place]
        // The one more that makes the bytes full may be of the largest kind.
        let most = limit.bytes + OutgoingMessage.largestBody * 2
        var bytes = try read(place, from: offset, count: min(most, fileEnd - settled))
        if !bytes.contains(UInt8(ascii: "\n")) {
            bytes = try read(place, from: offset, count: fileEnd - settled)
        }
        guard bytes.contains(UInt8(ascii: "\n")) else {
            // A file that is cut short, or has lost its line ends.
            return [SpoolLine(bytes[...], length: fileEnd - settled)]
        }
        return Self.lines(bytes, limit)
    }

    private func read(_ file: Int, from offset: Int, count: Int) throws(Refusal) -> [UInt8] {
        if file == starts.count - 1 { return try last.read(from: offset, count: count) }
        return try SpoolFile(Self.path(folder, starts[file])).read(from: offset, count: count)
    }

    private static func lines(_ bytes: [UInt8], _ limit: BatchLimit) -> [SpoolLine] {
        var (lines, start) = ([SpoolLine](), 0)
        while lines.count < limit.messages, start < limit.bytes,
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n"))
        {
            lines.append(SpoolLine(bytes[start..<end]))
            start = end + 1
        }
        return lines
    }

    /// Notes that everything before `place` is settled, and gives its disk space back. Refused
    /// messages are on the disk, in a file of their own, before that.
    ///
    /// - Throws: where that cannot be noted; then nothing more is settled than before.
    func settle(to place: Int, refused: [RefusedFile.Entry]) throws(Refusal) {
        if !refused.isEmpty { try self.refused.append(refused) }
        // Not synced: a power failure here costs no more than a few messages sent again.
        try settledFile.write(Self.text(of: place), at: 0)
        settled = place
        // A file that cannot be removed now is removed with the next ones.
        try? removeSettledFiles()
    }

    private func removeSettledFiles() throws(Refusal) {
        if settled == end, end - starts.last! >= fileSize / 2 { try beginFile() }
        while starts.count > 1, starts[1] <= settled {
            let path = Self.path(folder, starts[0])
            guard unlink(path) == 0 || errno == ENOENT else { throw SpoolFile.refusal(path) }
            starts.removeFirst()
        }
    }

    // MARK: Files

    private static func lock(_ folder: String) throws(Refusal) -> SpoolFile {
        let file = try SpoolFile(folder + "/lock")
        guard try file.lock() else {
            let text = String(decoding: try file.read(from: 0, count: 20), as: UTF8.self)
            let process = text.prefix { $0.isNumber }
            throw Refusal(
                PublishCode.spoolFailed,
                "the spool, \(folder), is in use by process \(process): one publisher a folder")
        }
        try file.cut(to: 0)
        try file.write(Array("\(getpid())\n".utf8), at: 0)
        return file
    }

    private static func path(_ folder: String, _ start: Int) -> String {
        let digits = String(start)
        return "\(folder)/\(String(repeating: "0", count: 19 - digits.count))\(digits).spool"
    }

    private static func starts(in folder: String) throws(Refusal) -> [Int] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw Refusal(PublishCode.spoolFailed, "the spool, \(folder), cannot be read: \(error)")
        }
        return names.filter { $0.hasSuffix(".spool") }
            .compactMap { Int($0.dropLast(".spool".count)) }.sorted()
    }

    private static let placeLength = 29

    /// 19 digits, a space, eight digits of checksum, a line end.
    private static func text(of place: Int) -> [UInt8] {
        let digits = String(place)
        let text = Array((String(repeating: "0", count: 19 - digits.count) + digits).utf8)
        return text + [UInt8(ascii: " ")] + CRC32.text(of: text) + [UInt8(ascii: "\n")]
    }

    private static func place(_ bytes: [UInt8]) -> Int? {
        guard bytes.count == placeLength,
            let place = Int(String(decoding: bytes.prefix(19), as: UTF8.self)), place >= 0,
            bytes == text(of: place)
        else { return nil }
        return place
    }
}
