/// A pattern over topics: `*` stands for any run of characters, all else for itself.
struct TopicPattern: Hashable, Sendable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    /// How much of a topic is said: of two patterns that fit, the one that says more goes first.
    var literals: Int { text.utf8.count { $0 != UInt8(ascii: "*") } }
    /// Whether it fits one topic only.
    var isExact: Bool { !text.utf8.contains(UInt8(ascii: "*")) }

    /// Whether the whole of `topic` fits. Case counts.
    ///
    /// The walk goes back to the last star only, so its cost is at most pattern times topic.
    func matches(_ topic: String) -> Bool {
        let pattern = Array(text.utf8)
        let name = Array(topic.utf8)
        var (p, n) = (0, 0)
        var retry: (p: Int, n: Int)?
        while n < name.count {
            if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
                retry = (p + 1, n)
                p += 1
            } else if p < pattern.count, pattern[p] == name[n] {
                p += 1
                n += 1
            } else if let last = retry {
                retry = (last.p, last.n + 1)
                (p, n) = (last.p, last.n + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
