// Unsafe: epoll_wait(2) fills an array of C structures, allocated once and used for ever.

import CLinux

/// Waits for many descriptors at once; epoll(7), level triggered. Owned by one thread.
package struct Poller: ~Copyable {
    private let epoll: Descriptor
    private let events: UnsafeMutableBufferPointer<clinux_event>
    private var ready = 0

    /// - Parameter capacity: events told by one wait, at least 1; more stay for the next.
    package init(capacity: Int = 512) throws(Errno) {
        precondition(capacity > 0)
        epoll = try Descriptor(owning: SystemCall.blocking { clinux_epoll_create() })
        events = .allocate(capacity: capacity)
        events.initialize(repeating: clinux_event())
    }

    deinit {
        events.deallocate()
    }

    /// Begins to watch `fd`, which must not be watched yet.
    ///
    /// Throws ENOSPC at the limit `fs.epoll.max_user_watches`, and ENOMEM.
    package borrowing func add(
        _ fd: Int32, token: Token, interest: Interest
    ) throws(Errno) {
        let epoll = epoll.raw
        try SystemCall.blocking { clinux_epoll_add(epoll, fd, clinux_event(token, interest)) }
    }

    /// Changes what is told about `fd`, which is watched already.
    package borrowing func modify(
        _ fd: Int32, token: Token, interest: Interest
    ) throws(Errno) {
        let epoll = epoll.raw
        try SystemCall.blocking { clinux_epoll_modify(epoll, fd, clinux_event(token, interest)) }
    }

    /// Ends watching `fd`. Closing a descriptor that was never duplicated does so too.
    package borrowing func remove(_ fd: Int32) throws(Errno) {
        let epoll = epoll.raw
        try SystemCall.blocking { clinux_epoll_remove(epoll, fd) }
    }

    /// Waits until something happens, -1 for ever, and tells how many events there are.
    ///
    /// Events of the wait before are gone then.
    package mutating func wait(milliseconds: Int32) throws(Errno) -> Int {
        let (epoll, events) = (epoll.raw, events)
        ready = 0
        ready = Int(
            try SystemCall.blocking {
                clinux_epoll_wait(epoll, events.baseAddress, Int32(events.count), milliseconds)
            })
        return ready
    }

    /// One of the events of the last wait.
    ///
    /// A descriptor closed while the events before it were handled still has its own here: hence
    /// the token.
    package borrowing func event(at index: Int) -> PollEvent {
        precondition(index >= 0 && index < ready, "no such event")
        let event = events[index]
        return PollEvent(
            token: Token(slot: event.slot, generation: event.generation), bits: event.bits)
    }
}

extension clinux_event {
    fileprivate init(_ token: Token, _ interest: Interest) {
        self.init()
        bits = interest.rawValue
        slot = token.slot
        generation = token.generation
    }
}
