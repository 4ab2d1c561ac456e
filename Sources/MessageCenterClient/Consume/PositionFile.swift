/// What a consumer knows of its place, beyond what it needs to start: kept in the file `position`.
struct PositionRecord: Equatable, Sendable {
    /// A message that is being tried, so that a process it kills knows how often that was.
    struct Trial: Equatable, Sendable {
        /// Of the first message of its run.
        var index: Int
        var id: String
        /// Counted before each try begins.
        var tries: Int
        /// Milliseconds since 1970 when the first try began.
        var since = 0
    }

    /// Nil where somebody else keeps it, and before the first answer.
    var position: Position?
    /// What the hub last said that it has committed for this warehouse: lower than that, it was
    /// moved back.
    var confirmed = 0
    /// How often an operator had moved the warehouse by then; nil: the hub did not say.
    var seeks: Int?
    /// The message being tried, or tried last.
    var trial: Trial?
    /// The dead letter being retried, or retried last.
    var retrial: Trial?
}

/// The file that a `PositionRecord` is kept in: two places of one sector, written in turn, each
/// with a checksum, so that a torn write never costs both.
///
/// Written in place: it needs no room on a full disk. Used by one task at a time.
final class PositionFile {
    static let placeBytes = 512
    /// Bytes of the name of a hub or a message that has room in a place.
    static let longestID = 48

    private let file: DiskFile
    private(set) var record: PositionRecord
    private var sequence: Int

    /// Opens it, or makes it.
    init(_ path: String) throws(FileFailure) {
        file = try DiskFile(path)
        let bytes = try file.read(from: 0, limit: 2 * Self.placeBytes)
        let places = [0, 1].compactMap { place in
            Self.read(bytes.dropFirst(place * Self.placeBytes).prefix(Self.placeBytes))
        }
        let newest = places.max { $0.sequence < $1.sequence }
        record = newest?.record ?? PositionRecord()
        sequence = newest?.sequence ?? 0
        if bytes.count < 2 * Self.placeBytes {
            let blank = [UInt8](repeating: 0x20, count: 2 * Self.placeBytes - bytes.count)
            try file.write(blank, at: bytes.count)
            try file.sync()
        }
    }

    /// Keeps `record`.
    ///
    /// - Parameter isSynced: on disk when the call returns. Else it outlives this process, but
    ///   perhaps not the machine.
    func write(_ record: PositionRecord, isSynced: Bool) throws(FileFailure) {
        guard record != self.record || isSynced else { return }
        let place = (sequence + 1) % 2
        try file.write(
            Self.text(record, sequence: sequence + 1), at: place * Self.placeBytes)
        sequence += 1
        self.record = record
        if isSynced { try file.sync() }
    }

    // MARK: A place

    /// One line: JSON, a checksum, and spaces up to the end of the place.
    static func text(_ record: PositionRecord, sequence: Int) -> [UInt8] {
        var object = JSONObjectText()
        object.add("sequence", sequence)
        object.add("hub", record.position?.hub)
        object.add("index", record.position?.index)
        object.add("ordinal", record.position?.ordinal)
        object.add("confirmed", record.confirmed)
        object.add("seeks", record.seeks)
        object.add("tryIndex", record.trial?.index)
        object.add("tryId", record.trial?.id)
        object.add("tries", record.trial?.tries)
        object.add("trySince", record.trial?.since)
        object.add("retryIndex", record.retrial?.index)
        object.add("retryId", record.retrial?.id)
        object.add("retries", record.retrial?.tries)
        var text = object.finished
        text += Array(" \(checksum(text))".utf8)
        precondition(text.count < placeBytes, "a record fits its place")
        text += [UInt8](repeating: 0x20, count: placeBytes - 1 - text.count)
        return text + [0x0A]
    }

    /// Nil where the place was never written, or not to its end.
    static func read(_ place: ArraySlice<UInt8>) -> (record: PositionRecord, sequence: Int)? {
        guard place.count == placeBytes, let brace = place.lastIndex(of: UInt8(ascii: "}")) else {
            return nil
        }
        let text = Array(place[...brace])
        let rest = place[(brace + 1)...].filter { $0 != 0x20 && $0 != 0x0A }
        guard String(decoding: rest, as: UTF8.self) == checksum(text) else { return nil }
        return try? parse(text)
    }

    private static func parse(
        _ text: [UInt8]
    ) throws(JSONFlaw) -> (record: PositionRecord, sequence: Int) {
        var texts: [String: String] = [:]
        var numbers: [String: Int] = [:]
        var scanner = JSONScanner(text)
        try scanner.members { name, scanner throws(JSONFlaw) in
            if ["hub", "tryId", "retryId"].contains(name) {
                texts[name] = try scanner.string()
            } else {
                numbers[name] = try scanner.integer()
            }
        }
        var record = PositionRecord(confirmed: numbers["confirmed"] ?? 0, seeks: numbers["seeks"])
        if let hub = texts["hub"], let index = numbers["index"] {
            record.position = Position(hub: hub, index: index, ordinal: numbers["ordinal"])
        }
        record.trial = trial(numbers["tryIndex"], texts["tryId"], numbers["tries"])
        record.trial?.since = numbers["trySince"] ?? 0
        record.retrial = trial(numbers["retryIndex"], texts["retryId"], numbers["retries"])
        return (record, numbers["sequence"] ?? 0)
    }

    private static func trial(
        _ index: Int?, _ id: String?, _ tries: Int?
    ) -> PositionRecord.Trial? {
        guard let index, let id, let tries else { return nil }
        return .init(index: index, id: id, tries: tries)
    }

    /// FNV-1a of 64 bits, in hexadecimal: against torn writes, not against people.
    private static func checksum(_ bytes: [UInt8]) -> String {
        let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { hash, byte in
            (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        return String(hash, radix: 16)
    }
}
