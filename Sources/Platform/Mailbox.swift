/// Hands items over to one other thread, in order, with one wake-up for as many as have gathered.
///
/// Any thread may post. One thread drains: it waits in `wait`, or in a `Poller` that watches
/// `wakeUp`. An item moves to that thread, so it need not be `Sendable`.
package final class Mailbox<Item>: @unchecked Sendable {
    // Unchecked: `items` and `closed` are only touched under `lock`; every item is given up by its
    // sender (`sending`) and taken over by the one thread that drains.
    @usableFromInline let lock = Lock()
    @usableFromInline var items: [Item] = []
    @usableFromInline var closed = false

    /// Items it holds at most.
    package let capacity: Int

    /// Readable while there is something to drain, or the box has been closed.
    package let wakeUp: WakeUp

    package init(capacity: Int) throws(Errno) {
        precondition(capacity > 0)
        self.capacity = capacity
        wakeUp = try WakeUp()
    }

    /// Puts `item` in; false when the box is full or closed, and the item is dropped then.
    @inlinable
    package func post(_ item: sending Item) -> Bool {
        lock.lock()
        guard !closed, items.count < capacity else {
            lock.unlock()
            return false
        }
        let wasEmpty = items.isEmpty
        items.append(item)
        lock.unlock()
        // Only the first one: the thread takes the others along.
        if wasEmpty { wakeUp.signal() }
        return true
    }

    /// Takes everything out, into `taken`, whose own items are dropped.
    ///
    /// The two arrays change places and keep their room: nothing is allocated once both have grown,
    /// provided that the caller passes the same array each time and keeps no copy of it.
    @inlinable
    package func drain(into taken: inout [Item]) {
        taken.removeAll(keepingCapacity: true)
        // The signal goes first. The other way round, that of an item posted between the two steps
        // would be forgotten while the item stays; this way a thread is woken once for nothing.
        wakeUp.drain()
        lock.lock()
        swap(&items, &taken)
        lock.unlock()
    }

    /// Waits until there is something to drain or the box is closed, -1 for ever; false when the
    /// time is over. May be true for nothing: drain and look.
    @discardableResult
    package func wait(milliseconds: Int32) -> Bool {
        wakeUp.wait(milliseconds: milliseconds)
    }

    /// Takes no more items, and wakes the thread. What is in there can still be drained.
    package func close() {
        lock.lock()
        closed = true
        lock.unlock()
        wakeUp.signal()
    }

    /// Whether `close` has been called. The thread ends when this is true *before* a drain that
    /// brings nothing.
    package var isClosed: Bool {
        lock.lock()
        defer { lock.unlock() }
        return closed
    }

    /// Items waiting, at this moment: for statistics.
    package var count: Int {
        lock.lock()
        defer { lock.unlock() }
        return items.count
    }
}
