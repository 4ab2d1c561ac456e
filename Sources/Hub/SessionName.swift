/// A client's name for its lease: 1 to 64 visible ASCII characters, held without allocation.
package struct SessionName: Hashable, Sendable {
    private var words = (
        UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0)
    )
    private var count: UInt8 = 0

    /// Nil unless `bytes` are 1 to 64 visible ASCII characters.
    package init?(_ bytes: some Collection<UInt8>) {
        guard (1...Limits.sessionBytes).contains(bytes.count),
            bytes.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        count = UInt8(bytes.count)
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
    }

    /// The holder after an operator's take-over: it keeps former holders off, and has no lease.
    package static let `operator` = SessionName("operator")!

    package init?(_ text: String) {
        self.init(text.utf8)
    }

    /// The name as text.
    package var text: String {
        withUnsafeBytes(of: words) { String(decoding: $0[..<Int(count)], as: UTF8.self) }
    }

    package static func == (left: SessionName, right: SessionName) -> Bool {
        left.words.0 == right.words.0 && left.words.1 == right.words.1
            && left.words.2 == right.words.2 && left.words.3 == right.words.3
            && left.words.4 == right.words.4 && left.words.5 == right.words.5
            && left.words.6 == right.words.6 && left.words.7 == right.words.7
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
    }
}
