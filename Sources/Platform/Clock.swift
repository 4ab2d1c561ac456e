import Glibc
import Synchronization

/// Time that only goes forward, from an unknown start: for durations and deadlines.
package enum MonotonicClock {
    /// Nanoseconds; clock_gettime(2) CLOCK_MONOTONIC, without a system call.
    package static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// Processor time that the calling thread has had.
package enum ThreadClock {
    /// Nanoseconds; clock_gettime(2) CLOCK_THREAD_CPUTIME_ID.
    package static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// Time of day, which may jump in both directions. Any thread may ask.
package final class WallClock: Sendable {
    private let offset: Atomic<Int64>

    /// - Parameter offsetMilliseconds: how far to be off the machine's clock, for tests.
    package init(offsetMilliseconds: Int64 = 0) {
        offset = Atomic(offsetMilliseconds)
    }

    /// How far this clock is off the machine's. Tests move it, to step the time of the hub.
    package var offsetMilliseconds: Int64 {
        get { offset.load(ordering: .relaxed) }
        set { offset.store(newValue, ordering: .relaxed) }
    }

    /// Milliseconds since 1970-01-01 00:00 UTC; clock_gettime(2) CLOCK_REALTIME.
    package func nowMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
            + offset.load(ordering: .relaxed)
    }
}
