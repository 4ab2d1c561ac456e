// Unsafe: the counter of an eventfd is read and written as eight raw bytes.

import CLinux
import Glibc

/// Wakes a thread that waits in a `Poller`, or here; eventfd(2). Any thread may signal.
package struct WakeUp: ~Copyable, Sendable {
    private let eventfd: Descriptor

    package init() throws(Errno) {
        eventfd = try Descriptor(owning: SystemCall.blocking { clinux_eventfd() })
    }

    /// For a `Poller`: readable from a signal until `drain`.
    package var descriptor: Int32 { eventfd.raw }

    /// Wakes the waiting thread, or keeps the next wait from waiting.
    package borrowing func signal() {
        let fd = eventfd.raw
        let one: UInt64 = 1
        // Would block only at 2^64 - 2 signals not drained; the thread is then awake for sure.
        neverFails { () throws(Errno) in
            try SystemCall.nonBlocking { withUnsafeBytes(of: one) { write(fd, $0.baseAddress, 8) } }
        }
    }

    /// Forgets the signals so far, and tells how many there were.
    @discardableResult
    package borrowing func drain() -> UInt64 {
        let fd = eventfd.raw
        var count: UInt64 = 0
        neverFails { () throws(Errno) in
            try SystemCall.nonBlocking {
                withUnsafeMutableBytes(of: &count) { read(fd, $0.baseAddress, 8) }
            }
        }
        return count
    }

    /// Waits for a signal, -1 for ever; whether there is one. It stays until `drain`.
    @discardableResult
    package borrowing func wait(milliseconds: Int32) -> Bool {
        do {
            return try Readiness.wait(eventfd.raw, for: POLLIN, milliseconds)
        } catch {
            fatalError("waiting for one descriptor cannot fail: \(error)")
        }
    }

    /// Of the errors in eventfd(2) those that remain here are mistakes of this file.
    private borrowing func neverFails(_ call: () throws(Errno) -> Int?) {
        do {
            _ = try call()
        } catch {
            fatalError("eventfd: \(error)")
        }
    }
}
