/// The topics by name, for the writer: found by bytes, without making a `String`.
///
/// Counts are kept here with every message and saved once a block of 4,096; a start counts the
/// rest.
struct TopicTable {
    private(set) var topics: [StoredTopic]
    private var slots: [Int32] = []
    /// What the open transaction has touched, with the value before it.
    private var touched: [(number: Int32, before: StoredTopic)] = []
    private var isTouched: [Bool]
    /// What has changed since it was last saved.
    private var unsaved: Set<Int32> = []

    init(_ topics: [StoredTopic]) {
        self.topics = topics
        isTouched = Array(repeating: false, count: topics.count)
        rehash(size: 256)
    }

    /// The number of the topic called `name`, nil if it is new.
    func number(of name: UnsafeRawBufferPointer) -> Int32? {
        var slot = Self.hash(name) & (slots.count - 1)
        while slots[slot] >= 0 {
            if topics[Int(slots[slot])].name.utf8.elementsEqual(name) { return slots[slot] }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Adds a topic, within the open transaction. Nil: there are as many as may be.
    mutating func add(_ name: UnsafeRawBufferPointer) -> Int32? {
        guard topics.count < Limits.topics else { return nil }
        topics.append(StoredTopic(name: String(decoding: name, as: UTF8.self)))
        isTouched.append(false)
        let number = Int32(topics.count - 1)
        if topics.count * 2 > slots.count { rehash(size: slots.count * 2) } else { place(number) }
        return number
    }

    /// Counts a message of the open transaction.
    mutating func note(_ number: Int32, index: Int64, created: Int64) {
        if !isTouched[Int(number)] {
            isTouched[Int(number)] = true
            touched.append((number, topics[Int(number)]))
        }
        topics[Int(number)].note(index: index, created: created)
    }

    /// What has changed since it was last saved; the caller saves it in the open transaction.
    func changedSinceSaved() -> [Int32] {
        Array(unsaved.union(touched.map(\.number)))
    }

    /// Ends the transaction: what it touched is returned, to be shown to readers.
    mutating func commit(saved: Bool) -> [Int32] {
        let numbers = touched.map(\.number)
        if saved { unsaved.removeAll(keepingCapacity: true) } else { unsaved.formUnion(numbers) }
        for number in numbers { isTouched[Int(number)] = false }
        touched.removeAll(keepingCapacity: true)
        return numbers
    }

    /// Returns to what was committed.
    mutating func rollBack(to count: Int) {
        for (number, before) in touched {
            topics[Int(number)] = before
            isTouched[Int(number)] = false
        }
        touched.removeAll(keepingCapacity: true)
        removeNewest(downTo: count)
    }

    /// Forgets topics that nothing was counted of: the request that brought them was refused.
    mutating func removeNewest(downTo count: Int) {
        guard topics.count > count else { return }
        topics.removeSubrange(count...)
        isTouched.removeSubrange(count...)
        rehash(size: slots.count)
    }

    private mutating func rehash(size: Int) {
        var size = size
        while topics.count * 2 > size { size *= 2 }
        slots = Array(repeating: -1, count: size)
        for number in topics.indices { place(Int32(number)) }
    }

    private mutating func place(_ number: Int32) {
        var name = topics[Int(number)].name
        let hash = name.withUTF8 { Self.hash(UnsafeRawBufferPointer($0)) }
        var slot = hash & (slots.count - 1)
        while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = number
    }

    /// FNV-1a: short names, and nobody gains by collisions in a table this size.
    private static func hash(_ name: UnsafeRawBufferPointer) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return Int(truncatingIfNeeded: (hash ^ (hash >> 32)) & 0x7FFF_FFFF)
    }
}
