/// The pulls of one loop that wait for messages, by warehouse.
///
/// A wake-up moves them to a queue of its own, from which the loop takes a bounded number a tick:
/// ten thousand waiters of a global message must not hold up the rest.
package struct WaiterTable {
    private var waiting: [UInt32: [UInt64]] = [:]
    private var ready: [UInt64] = []
    private var taken = 0

    package init() {}

    /// Whether any call waits or is to be looked at.
    package var isEmpty: Bool { waiting.isEmpty && !hasReady }

    /// How many calls wait, those already woken not counted.
    package private(set) var count = 0

    /// Whether `next` has something to give.
    package var hasReady: Bool { taken < ready.count }

    /// Lets `call` wait for messages of `wid`.
    package mutating func add(_ call: UInt64, wid: UInt32) {
        waiting[wid, default: []].append(call)
        count += 1
    }

    /// Forgets a call that was answered otherwise or lost its connection.
    ///
    /// One that is already awake comes up in `next` all the same; the loop knows it is gone.
    package mutating func remove(_ call: UInt64, wid: UInt32) {
        guard let place = waiting[wid]?.firstIndex(of: call) else { return }
        waiting[wid]!.remove(at: place)
        count -= 1
        if waiting[wid]!.isEmpty { waiting[wid] = nil }
    }

    /// Wakes those who wait for `wid`; 0, the global line, wakes all.
    package mutating func wake(_ wid: UInt32) {
        if wid == 0 {
            for calls in waiting.values { ready.append(contentsOf: calls) }
            waiting.removeAll(keepingCapacity: true)
            count = 0
        } else if let calls = waiting.removeValue(forKey: wid) {
            ready.append(contentsOf: calls)
            count -= calls.count
        }
    }

    /// The next call to look at again.
    package mutating func next() -> UInt64? {
        guard taken < ready.count else {
            ready.removeAll(keepingCapacity: true)
            taken = 0
            return nil
        }
        // Where wake-ups never stop, the queue is never empty: what was taken has to go.
        if taken >= 1024, taken * 2 >= ready.count {
            ready.removeFirst(taken)
            taken = 0
        }
        defer { taken += 1 }
        return ready[taken]
    }
}
