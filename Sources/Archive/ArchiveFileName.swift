import Wire

/// The name of an archive file: `2026-11-20-<hub>.jsonl.zst`, and `2026-11-20-<hub>.2.jsonl.zst`
/// where the first of the day was taken away or cut by hand before the day was through.
struct ArchiveFileName: Hashable, Sendable {
    /// The UTC day on which its messages were created, counted from 1970-01-01.
    let day: Int
    let hub: String
    /// From 1.
    let part: Int

    private static let suffix = ".jsonl.zst"
    static let millisecondsADay: Int64 = 86_400_000

    init(day: Int, hub: String, part: Int = 1) {
        self.day = day
        self.hub = hub
        self.part = part
    }

    /// Reads a name; nil if it is not an archive file's.
    init?(_ name: String) {
        guard name.hasSuffix(Self.suffix), name.utf8.count > 11 + Self.suffix.utf8.count else {
            return nil
        }
        let stem = name.dropLast(Self.suffix.count)
        let rest = stem.dropFirst(10)
        guard let time = Timestamp.parse(stem.prefix(10) + "T00:00:00Z"), rest.first == "-" else {
            return nil
        }
        let words = rest.dropFirst().split(
            separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard Self.isHub(words[0]), let part = words.count == 1 ? 1 : Int(words[1]) else {
            return nil
        }
        self.init(day: Self.day(of: time), hub: String(words[0]), part: part)
        // One name a file: neither "+2" nor "1" nor "02" is a part's.
        guard text == name else { return nil }
    }

    var text: String {
        var name = ByteBuffer(capacity: 80)
        name.append(timestampMilliseconds: Int64(day) * Self.millisecondsADay)
        name.truncate(to: 10)
        name.append("-")
        name.append(hub)
        if part > 1 {
            name.append(".")
            name.append(decimal: part)
        }
        name.append(Self.suffix)
        return name.bytes.text(in: 0..<name.count)
    }

    /// The UTC day of `time`, milliseconds since 1970.
    static func day(of time: Int64) -> Int {
        let (days, rest) = time.quotientAndRemainder(dividingBy: millisecondsADay)
        return Int(rest < 0 ? days - 1 : days)
    }

    /// Whether a hub's identity can stand in a name and in a header as it is.
    static func isHub(_ text: some StringProtocol) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}

extension ArchiveFileName: Comparable {
    /// In the order of the messages in them; of one hub's files only.
    static func < (left: ArchiveFileName, right: ArchiveFileName) -> Bool {
        (left.day, left.part) < (right.day, right.part)
    }
}
