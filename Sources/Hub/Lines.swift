// Unsafe because loops look a list up while the writer adds others, without a lock: the table is
// raw memory of atomic words: the first is the mask, each other nil or a pointer to a list that
// lives as long as the table. An outgrown table is kept till the end, because a reader may still be
// walking it.

import Synchronization

/// All posting lists: the global one, and one a wid that has messages of its own.
///
/// The writer adds; any thread reads. `head` bounds what a reader may believe: it is stored after
/// the lists of a commit were published, so that a reader who loads it first finds every message
/// up to it in both of its lists, and never an own message with a hole before it.
package final class Lines: @unchecked Sendable {
    private typealias Slot = Atomic<UInt>

    /// The newest index that readers may see; 0 in an empty hub.
    private let publishedHead = Atomic<Int64>(0)
    private let table: Atomic<UnsafeMutablePointer<Slot>>

    // The writer's own.
    private var lists: [PostingList]
    private var tables: [UnsafeMutablePointer<Slot>]
    private var direct: [PostingList?]
    private var touched: [PostingList] = []

    /// The list of wid 0, which every warehouse must consume.
    package let global: PostingList

    private static let directWids: UInt32 = 4096

    package init() {
        global = PostingList(wid: 0)
        let slots = Self.makeTable(size: 256)
        table = Atomic(slots)
        tables = [slots]
        lists = [global]
        direct = Array(repeating: nil, count: Int(Self.directWids))
        direct[0] = global
    }

    deinit {
        for old in tables { old.deallocate() }
    }

    /// A table of `size` slots, a power of two, behind the word that holds its mask: so a reader
    /// never pairs one table's mask with another's slots.
    private static func makeTable(size: Int) -> UnsafeMutablePointer<Slot> {
        let slots = UnsafeMutablePointer<Slot>.allocate(capacity: size + 1)
        slots.initialize(to: Slot(UInt(size - 1)))
        for slot in 1...size { (slots + slot).initialize(to: Slot(0)) }
        return slots
    }

    // MARK: The writer

    /// Wids that have messages of their own, wid 0 counted.
    package var count: Int { lists.count }

    /// Bytes of memory that all lists take.
    package private(set) var bytes = 0

    /// Adds message `index` to the list of `wid`; readers see it after `publish`.
    ///
    /// Returns its place in that list, from 1, which the store keeps beside the message as a check.
    package func append(_ index: Int64, wid: UInt32) -> Int64 {
        let list = listForWriter(wid)
        if !list.isTouched {
            list.isTouched = true
            touched.append(list)
        }
        let before = list.bytes
        list.append(index)
        bytes += list.bytes - before
        return Int64(list.count)
    }

    /// Whether `wid` has a list, or may get one. A batch that is let in may go over the bound by
    /// its own wids.
    package func hasRoom(for wid: UInt32) -> Bool {
        lists.count < Limits.lines || list(of: wid) != nil
    }

    private func listForWriter(_ wid: UInt32) -> PostingList {
        if wid < Self.directWids, let list = direct[Int(wid)] { return list }
        if let list = list(of: wid) { return list }
        let list = PostingList(wid: wid)
        lists.append(list)
        if wid < Self.directWids { direct[Int(wid)] = list }
        insert(list)
        return list
    }

    private func insert(_ list: PostingList) {
        let slots = table.load(ordering: .relaxed)
        let size = Int(slots[0].load(ordering: .relaxed)) + 1
        if lists.count * 2 > size {
            growTable(to: size * 4)
        } else {
            place(list, in: slots)
        }
    }

    private func growTable(to size: Int) {
        let larger = Self.makeTable(size: size)
        for list in lists where list.wid != 0 { place(list, in: larger) }
        tables.append(larger)
        table.store(larger, ordering: .releasing)
    }

    private func place(_ list: PostingList, in slots: UnsafeMutablePointer<Slot>) {
        let mask = Int(slots[0].load(ordering: .relaxed))
        var slot = Self.hash(list.wid) & mask
        while slots[1 + slot].load(ordering: .relaxed) != 0 { slot = (slot + 1) & mask }
        slots[1 + slot].store(
            UInt(bitPattern: Unmanaged.passUnretained(list).toOpaque()), ordering: .releasing)
    }

    /// Shows readers the appended entries, then the new head: called after COMMIT.
    ///
    /// Calls `visit` with each wid that has something new, so that its waiters can be woken.
    package func publish(head: Int64, _ visit: (UInt32) -> Void) {
        for list in touched {
            list.publish()
            list.isTouched = false
            visit(list.wid)
        }
        touched.removeAll(keepingCapacity: true)
        publishedHead.store(head, ordering: .releasing)
    }

    /// Forgets what was appended since `publish`: called after ROLLBACK.
    package func rollBack() {
        for list in touched {
            list.rollBack()
            list.isTouched = false
        }
        touched.removeAll(keepingCapacity: true)
    }

    // MARK: Readers

    /// The newest index that may be read.
    package var head: Int64 { publishedHead.load(ordering: .acquiring) }

    /// The line of warehouse `wid` as it is now: global and own messages in one order.
    package func line(of wid: UInt32) -> Line {
        let head = self.head
        let own = wid == 0 ? nil : list(of: wid)
        return Line(head: head, global: global.view, own: own?.view)
    }

    /// The list of `wid`, if it has messages of its own.
    package func list(of wid: UInt32) -> PostingList? {
        guard wid != 0 else { return global }
        let slots = table.load(ordering: .acquiring)
        let mask = Int(slots[0].load(ordering: .relaxed))
        var slot = Self.hash(wid) & mask
        while true {
            let word = slots[1 + slot].load(ordering: .acquiring)
            guard let pointer = UnsafeRawPointer(bitPattern: word) else { return nil }
            let list = Unmanaged<PostingList>.fromOpaque(pointer).takeUnretainedValue()
            if list.wid == wid { return list }
            slot = (slot + 1) & mask
        }
    }

    private static func hash(_ wid: UInt32) -> Int {
        Int(truncatingIfNeeded: (UInt64(wid) &* 0x9E37_79B9_7F4A_7C15) >> 32)
    }
}
