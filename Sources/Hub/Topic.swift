/// The rules of a topic's name: `<Entity>_<Event>`, such as `SaleOrder_Changed`.
package enum Topic {
    /// Whether `name` is 1 to 128 of `A-Z a-z 0-9 _ . -`.
    package static func isValid(_ name: UnsafeRawBufferPointer) -> Bool {
        guard (1...Limits.topicBytes).contains(name.count) else { return false }
        return name.allSatisfy(isNameByte)
    }

    /// The same for a text.
    package static func isValid(_ name: String) -> Bool {
        (1...Limits.topicBytes).contains(name.utf8.count) && name.utf8.allSatisfy(isNameByte)
    }

    fileprivate static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "-"):
            true
        default:
            false
        }
    }

    /// What a topic says of its entity; only Created and Changed ever melt into one another.
    package enum Event: Sendable {
        case created, changed, other
    }

    /// A topic's name taken apart: the entity is what stands before the last `_`.
    package static func split(_ name: String) -> (entity: Substring, event: Event) {
        guard let bar = name.lastIndex(of: "_") else { return (name[...], .other) }
        switch name[name.index(after: bar)...] {
        case "Created": return (name[..<bar], .created)
        case "Changed": return (name[..<bar], .changed)
        default: return (name[..<bar], .other)
        }
    }
}

/// A pattern over topics: `*` stands for any run of characters, all else for itself.
package struct TopicPattern: Hashable, Sendable {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    /// Whether a pattern has only characters that a topic may have, and stars.
    package var isValid: Bool {
        (1...Limits.topicBytes).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                byte == UInt8(ascii: "*") || Topic.isNameByte(byte)
            }
    }

    /// Whether the whole of `topic` fits. Case counts.
    ///
    /// The walk goes back to the last star only, so its cost is at most pattern times topic.
    package func matches(_ topic: String) -> Bool {
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
