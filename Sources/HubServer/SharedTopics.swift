package import Hub
import Platform
import Synchronization

/// The topics as all threads see them: told by the writer before the messages that bear them.
package final class SharedTopics: Sendable {
    private let topics: Locked<[StoredTopic]>
    private let published: Atomic<Int>

    init(_ topics: [StoredTopic]) {
        published = Atomic(topics.count)
        self.topics = Locked(topics)
    }

    /// How many there are; a loop that knows as many need not ask for more.
    var count: Int { published.load(ordering: .acquiring) }

    /// All topics with their counts.
    package var all: [StoredTopic] { topics.withLock { $0 } }

    /// Takes over what a transaction changed.
    ///
    /// - Parameters:
    ///   - count: how many topics there are now; the new ones come last.
    ///   - touched: those with new messages.
    func update(count: Int, touched: [Int32], topic: (Int32) -> StoredTopic) {
        topics.withLock { topics in
            for number in topics.count..<count { topics.append(topic(Int32(number))) }
            for number in touched { topics[Int(number)] = topic(number) }
        }
        published.store(count, ordering: .releasing)
    }
}

/// A loop's own copy of what it must know of topics to write and to filter messages.
struct KnownTopics {
    struct Known {
        let name: String
        let entity: Int32
        let event: Topic.Event
    }

    private var known: [Known] = []
    private var entities: [Substring: Int32] = [:]
    private var numbers: [String: Int32] = [:]
    private let shared: SharedTopics

    init(_ shared: SharedTopics) {
        self.shared = shared
    }

    /// Whether there is such a topic. A row is read after its topic was told, so one without is
    /// damaged.
    mutating func knows(_ number: Int32) -> Bool {
        if Int(number) >= known.count { learn() }
        return known.indices.contains(Int(number))
    }

    /// The topic of a row that was asked about before.
    func topic(_ number: Int32) -> Known { known[Int(number)] }

    /// The number of a topic by its name, as the archive has it; -1: there is no such topic.
    mutating func number(of name: RawSpan) -> Int32 {
        let name = name.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        if numbers.count < shared.count { learn() }
        return numbers[name] ?? -1
    }

    private mutating func learn() {
        for topic in shared.all.dropFirst(known.count) {
            let (entity, event) = Topic.split(topic.name)
            let number = entities[entity] ?? Int32(entities.count)
            entities[entity] = number
            numbers[topic.name] = Int32(known.count)
            known.append(Known(name: topic.name, entity: number, event: event))
        }
    }
}
