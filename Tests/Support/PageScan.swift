import Foundation

/// A page read by its bytes: for tests that pull a million messages, in a build for debugging.
///
/// It trusts the order of members that the hub writes, and finds messages by the braces outside
/// texts.
package struct PageScan {
    package struct Message {
        package let index: Int
        package let ordinal: Int
        /// Where what follows the ordinal stands in the page.
        package let rest: Range<Int>
    }

    package private(set) var messages: [Message] = []
    package private(set) var next = -1
    package private(set) var countFrom = -1
    package private(set) var countTo = -1

    package init(_ bytes: [UInt8]) {
        // strstr(3) wants the zero at the end; JSON has none inside.
        (bytes + [0]).withUnsafeBytes { raw in
            let page = Bytes(raw: raw)
            var position = 0
            while let found = page.find("{\"id\":\"", from: position) {
                let index = page.number(behind: "\"index\":", from: found)
                let ordinal = page.number(behind: "\"ordinal\":", from: index.end)
                let end = page.find(",\"occurred\":", from: ordinal.end) ?? raw.count
                messages.append(
                    Message(
                        index: index.value, ordinal: ordinal.value, rest: ordinal.end..<end))
                position = end
            }
            let next = page.number(behind: "],\"next\":", from: position)
            self.next = next.value
            let from = page.number(behind: "\"from\":", from: next.end)
            countFrom = from.value
            countTo = page.number(behind: "\"to\":", from: from.end).value
        }
    }

    /// The key in the part of a message behind its ordinal.
    package static func key(_ rest: ArraySlice<UInt8>) -> String? {
        (Array(rest) + [0]).withUnsafeBytes { raw in
            let message = Bytes(raw: raw)
            guard let start = message.find(",\"key\":\"", from: 0),
                let end = message.find("\",\"body\":", from: start)
            else { return nil }
            return String(decoding: raw[start + 8..<end], as: UTF8.self)
        }
    }

    private struct Bytes {
        let raw: UnsafeRawBufferPointer

        /// Where `text` begins, at or behind `start`.
        func find(_ text: StaticString, from start: Int) -> Int? {
            guard start < raw.count, let base = raw.baseAddress?.assumingMemoryBound(to: CChar.self)
            else { return nil }
            return text.withUTF8Buffer { bytes in
                bytes.withMemoryRebound(to: CChar.self) { pattern in
                    strstr(base + start, pattern.baseAddress!).map { base.distance(to: $0) }
                }
            }
        }

        func number(behind text: StaticString, from start: Int) -> (value: Int, end: Int) {
            guard let found = find(text, from: start) else { return (-1, raw.count) }
            var position = found + text.utf8CodeUnitCount
            var value = 0
            while position < raw.count, raw[position] >= 48, raw[position] <= 57 {
                value = value * 10 + Int(raw[position]) - 48
                position += 1
            }
            return (value, position)
        }
    }
}
