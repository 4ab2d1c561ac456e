import Hub
import TestSupport

/// Messages for the archive's tests.
enum Messages {
    static let dayMilliseconds: Int64 = 86_400_000
    /// Midnight of a UTC day: 2026-09-21.
    static let midnight: Int64 = 1_789_948_800_000

    /// Everything a message may look like, from index 1 on.
    static var odd: [StoredMessage] {
        var messages: [StoredMessage] = []
        func add(_ change: (inout StoredMessage) -> Void) {
            var message = StoredMessage(Int64(messages.count) + 1)
            change(&message)
            messages.append(message)
        }
        add { _ in }
        add { $0.key = "" }
        add { $0.key = "plain" }
        add { $0.key = "with \"quotes\" and \\ and /" }
        add { $0.key = "\u{0}\u{1F}\n\r\t\u{8}\u{C}\u{7F}" }
        add { $0.key = "寿司 🍣 é e\u{301} \u{FEFF}\u{2028}" }
        add { $0.key = "\\\"" }
        add { $0.key = "}\",\"body\":1}" }
        add { $0.key = String(repeating: "\u{1}", count: 256) }
        add { $0.body = "null" }
        add { $0.body = "\"\\u0000 \\\" } \\\\\"" }
        add { $0.body = "{\"a\":[1,2.5e-3,{\"b\":\"寿司\"}],\"index\":7,\"wid\":9}" }
        add { $0.body = "-0.0" }
        add { $0.body = "[" + String(repeating: "7,", count: 131_070) + "1]" }
        add {
            $0.body = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        }
        add { $0.occurred = 0 }
        add { $0.occurred = -1 }
        add { $0.occurred = 253_402_300_799_999 }
        add { $0.replayOf = ReplayOf(id: .publishers(9), index: 9_007_199_254_740_991) }
        add {
            $0.replayOf = ReplayOf(id: .publishers(1), index: 1)
            $0.key = "a\"b"
            $0.occurred = 1
        }
        add { $0.topic = String(repeating: "T", count: 128) }
        add { $0.topic = "a.b-c_d" }
        add { $0.isPublishers = false }
        return messages
    }

    /// `count` small ones, of some wids, a millisecond apart.
    static func plain(
        _ count: Int64, from first: Int64 = 1, created: Int64? = nil, every step: Int64 = 1
    ) -> [StoredMessage] {
        let created = created ?? midnight + (first - 1) * step
        return (first..<first + count).map { index in
            var message = StoredMessage(index, wid: UInt32(index % 3), nth: (index + 2) / 3)
            message.created = created + (index - first) * step
            message.key = index % 2 == 0 ? "k\(index)" : nil
            return message
        }
    }

    /// Random ones, in an order as a hub gives them.
    static func random(_ count: Int, _ random: inout SplitMix) -> [StoredMessage] {
        var nths: [UInt32: Int64] = [:]
        var created = midnight
        return (1...Int64(max(1, count))).map { index in
            let wid = UInt32(random.oneIn(4) ? 0 : random.number(1...6))
            nths[wid, default: random.number(0...1000)] += 1
            var message = StoredMessage(index, wid: wid, nth: nths[wid]!)
            created += random.oneIn(40) ? random.number(0...dayMilliseconds) : random.number(0...9)
            message.created = created
            message.isPublishers = random.oneIn(2)
            message.topic = "T\(random.number(0...5))_Created"
            if random.oneIn(2) { message.occurred = random.number(-5...created) }
            if random.oneIn(5) {
                message.replayOf = ReplayOf(
                    id: .publishers(random.next() >> 8), index: random.number(1...index))
            }
            if !random.oneIn(3) { message.key = text(&random) }
            if random.oneIn(30) {
                let words = (0..<random.number(1...40_000)).map { _ in String(random.next()) }
                message.body = "[\(words.prefix(4000).joined(separator: ","))]"
            }
            return message
        }
    }

    private static func text(_ random: inout SplitMix) -> String {
        let scalars: [Unicode.Scalar] = ["\"", "\\", "\n", "\u{0}", "a", "é", "寿", "🍣", "}", ","]
        var text = ""
        for _ in 0..<random.number(0...12) {
            text.unicodeScalars.append(scalars[Int(random.number(0...9))])
        }
        return text
    }
}
