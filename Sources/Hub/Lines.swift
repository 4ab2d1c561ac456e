// Unsafe because loops look a list up while the writer adds others, without a lock: the table is
// raw memory of atomic words: the first is the mask, each other nil or a pointer to a list that
// lives as long as the table. An outgrown table goes on the retire list, because a reader may still
// be walking it.

import Synchronization

/// All posting lists: the global one, and one a wid that has messages of its own.
///
/// The writer adds and trims; any thread reads, between `enter` and `leave` of its own
/// `ReaderEpochs.Reader`. Two numbers bound what a reader may believe. `head` is stored after the
/// lists of a commit were published, so that a reader who loads it first finds every message up to
/// it in both of its lists, and never an own message with a hole before it. `border` is stored
/// before anything at or below it is taken out of the lists, so that a reader who loads it last
/// misses nothing above it.
package final class Lines: @unchecked Sendable {
    private typealias Slot = Atomic<UInt>

    /// The newest index that readers may see; 0 in an empty hub.
    private let publishedHead = Atomic<Int64>(0)
    /// What lies at or below it is in the archive.
    private let publishedBorder = Atomic<Int64>(0)
    private let publishedBorderTime = Atomic<Int64>(-1)
    private let publishedPruned = Atomic<Int64>(0)
    private let table: Atomic<UnsafeMutablePointer<Slot>>

    // The writer's own.
    private var lists: [PostingList]
    private let retired: RetireList
    private var direct: [PostingList?]
    private var touched: [PostingList] = []

    /// The list of wid 0, which every warehouse must consume.
    package let global: PostingList

    private static let directWids: UInt32 = 4096

    /// - Parameter epochs: the threads that will read, so that what is trimmed or outgrown can be
    ///   freed; nil: nobody knows them, and nothing is freed before the end.
    package init(epochs: ReaderEpochs? = nil) {
        retired = RetireList(epochs)
        global = PostingList(wid: 0, retired: retired)
        table = Atomic(Self.makeTable(size: 256))
        lists = [global]
        listBytes = global.bytes
        direct = Array(repeating: nil, count: Int(Self.directWids))
        direct[0] = global
    }

    deinit {
        table.load(ordering: .relaxed).deallocate()
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

    /// Bytes of memory that all lists take, with what is waiting to be freed.
    package var bytes: Int { listBytes + retired.bytes }
    private var listBytes = 0

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
        listBytes += list.bytes - before
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
        let list = PostingList(wid: wid, retired: retired)
        listBytes += list.bytes
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
        let old = table.load(ordering: .relaxed)
        let slots = Int(old[0].load(ordering: .relaxed)) + 2
        table.store(larger, ordering: .releasing)
        retired.retire(old, bytes: slots * MemoryLayout<Slot>.stride)
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
        if retired.bytes > 0 { retired.reclaim() }
    }

    /// Forgets what was appended since `publish`: called after ROLLBACK.
    package func rollBack() {
        for list in touched {
            let before = list.bytes
            list.rollBack()
            listBytes += list.bytes - before
            list.isTouched = false
        }
        touched.removeAll(keepingCapacity: true)
    }

    // MARK: The writer: the border

    /// How many messages of `wid` are at or below `index`, and the last of them; called between
    /// transactions, for indexes from the border on.
    func count(of wid: UInt32, through index: Int64) -> (count: Int64, last: Int64) {
        guard let view = list(of: wid)?.view else { return (0, 0) }
        return (Int64(view.rank(through: index)), view.last(through: index))
    }

    /// Shows readers a new border, then takes what lies at or below it out of the lists of `wids`.
    /// Called between transactions, after COMMIT.
    ///
    /// - Parameter time: when the message at the border was created.
    package func trim(through border: Int64, time: Int64, of wids: some Sequence<UInt32>) {
        assert(touched.isEmpty, "trimmed inside a transaction")
        showBorder(border, time: time)
        for wid in wids {
            guard let list = list(of: wid) else { continue }
            let before = list.bytes
            list.trim(through: border)
            listBytes += list.bytes - before
        }
        retired.retire(below: border)
        retired.reclaim()
    }

    private func showBorder(_ border: Int64, time: Int64) {
        publishedBorderTime.store(time, ordering: .releasing)
        publishedBorder.store(border, ordering: .releasing)
    }

    /// At a start: so many messages of `wid` are in the archive, the last of them `last`.
    package func restore(wid: UInt32, count: Int64, last: Int64) {
        listForWriter(wid).restore(count: Int(count), last: last)
    }

    /// At a start: what was archived and pruned before, nobody reading yet.
    package func restore(border: Int64, time: Int64, pruned: Int64) {
        showBorder(border, time: border == 0 ? -1 : time)
        retired.start(at: border)
        show(pruned: pruned)
    }

    /// Shows readers how far the archive was pruned.
    package func show(pruned: Int64) {
        publishedPruned.store(pruned, ordering: .releasing)
    }

    /// A border that every reader knows by now: nobody reads a row at or below it in the store.
    var passedBorder: Int64 {
        retired.reclaim()
        return retired.passedBorder
    }

    // MARK: Readers

    /// The newest index that may be read.
    package var head: Int64 { publishedHead.load(ordering: .acquiring) }

    /// Messages at or below it are in the archive; 0: none is.
    package var border: Int64 { publishedBorder.load(ordering: .acquiring) }

    /// When the message at the border was created; -1: there is no archive. An id that is not later
    /// may stand for an archived message: the archive is asked for it before it is stored.
    package var borderTime: Int64 { publishedBorderTime.load(ordering: .acquiring) }

    /// The archive was pruned up to here: messages at or below it are nowhere any more.
    package var pruned: Int64 { publishedPruned.load(ordering: .acquiring) }

    /// The line of warehouse `wid` as it is now: global and own messages in one order.
    package func line(of wid: UInt32) -> Line {
        while true {
            let head = self.head
            let own = wid == 0 ? nil : list(of: wid)?.view
            let global = self.global.view
            let border = self.border
            // Only where everything that was new a moment ago has gone to the archive meanwhile.
            guard border <= head else { continue }
            return Line(wid: wid, head: head, border: border, global: global, own: own)
        }
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
