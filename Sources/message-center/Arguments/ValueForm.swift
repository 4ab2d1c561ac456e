/// What the text of one value may look like, and what it means.
struct ValueForm<Value: Sendable>: Sendable {
    /// What stands for the value in a help text: `N`, `URL`.
    let placeholder: String
    /// Reads the text, or says in a few words what is expected of it.
    let read: @Sendable (String) throws(Mistake) -> Value
}

/// Something wrong in one value, worded to follow its option: "expects a number from 1 to 1000".
struct Mistake: Error, Equatable {
    let text: String

    init(_ text: String) {
        self.text = text
    }
}

extension ValueForm where Value == String {
    /// Any text but none at all.
    static func text(_ placeholder: String) -> Self {
        Self(placeholder: placeholder) { text throws(Mistake) in
            guard !text.isEmpty else { throw Mistake("expects a value") }
            return text
        }
    }

    /// One of a few words.
    static func word(_ choices: [String]) -> Self {
        Self(placeholder: choices.joined(separator: "|")) { text throws(Mistake) in
            guard choices.contains(text) else {
                throw Mistake("expects one of \(choices.joined(separator: ", ")), not '\(text)'")
            }
            return text
        }
    }
}

extension ValueForm where Value == Int {
    /// A whole number within bounds. Hub numbers stay below 2^53, so `Int` holds each of them.
    static func integer(_ range: ClosedRange<Int>, _ placeholder: String = "N") -> Self {
        Self(placeholder: placeholder) { text throws(Mistake) in
            guard let number = Int(text), range.contains(number) else {
                let bounds = "from \(range.lowerBound) to \(range.upperBound)"
                throw Mistake("expects a whole number \(bounds), not '\(text)'")
            }
            return number
        }
    }

    /// Bytes: a whole number, or one with k, m or g behind it, each 1,024 times the one before.
    static func size(_ range: ClosedRange<Int>) -> Self {
        Self(placeholder: "SIZE") { text throws(Mistake) in
            guard let bytes = bytes(text), range.contains(bytes) else {
                let bounds = "from \(range.lowerBound) to \(range.upperBound) bytes"
                throw Mistake("expects a size such as 4096, 256k or 16m, \(bounds), not '\(text)'")
            }
            return bytes
        }
    }

    private static func bytes(_ text: String) -> Int? {
        let shifts: [Character: Int] = ["k": 10, "m": 20, "g": 30]
        guard let last = text.last else { return nil }
        guard let shift = shifts[Character(last.lowercased())] else { return Int(text) }
        guard let count = Int(text.dropLast()), count >= 0, count < 1 << 32 else { return nil }
        return count << shift
    }
}

extension ValueForm where Value == [String] {
    /// Words with commas between them.
    static func list(_ placeholder: String) -> Self {
        Self(placeholder: placeholder) { text throws(Mistake) in
            let words = text.split(separator: ",", omittingEmptySubsequences: false).map(
                String.init)
            guard words.allSatisfy({ !$0.isEmpty }) else {
                throw Mistake("expects words with one comma between them, not '\(text)'")
            }
            return words
        }
    }
}

/// The number of a warehouse that pulls; 0 means all of them and has no line of its own.
let warehouseNumbers = 1...2_147_483_647
/// An index of the log; 0 stands before the first message.
let indexes = 0...9_007_199_254_740_991
