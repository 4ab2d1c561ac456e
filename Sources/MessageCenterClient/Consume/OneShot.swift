import Foundation

/// A value that comes once, from any thread, and is waited for by one task.
final class OneShot<Value: Sendable>: @unchecked Sendable {
    // Unchecked: everything is under the lock.
    private let lock = NSLock()
    private var value: Value?
    private var waiter: (number: Int, continuation: CheckedContinuation<Value?, Never>)?
    private var waits = 0

    /// Brings the value; the second one counts for nothing.
    func set(_ value: Value) {
        let waiter = lock.withLock {
            guard self.value == nil else { return nil as CheckedContinuation<Value?, Never>? }
            self.value = value
            defer { self.waiter = nil }
            return self.waiter?.continuation
        }
        waiter?.resume(returning: value)
    }

    /// Waits for it; nil when it is not there in time. May be called again then.
    func value(within time: Duration) async -> Value? {
        let number = lock.withLock {
            waits += 1
            return waits
        }
        let timer = Task {
            try await Task.sleep(for: time, clock: .continuous)
            giveUp(number)
        }
        defer { timer.cancel() }
        return await withCheckedContinuation { continuation in
            let known = lock.withLock {
                if value == nil { waiter = (number, continuation) }
                return value
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    private func giveUp(_ number: Int) {
        let waiter = lock.withLock {
            guard self.waiter?.number == number else {
                return nil as CheckedContinuation<Value?, Never>?
            }
            defer { self.waiter = nil }
            return self.waiter?.continuation
        }
        waiter?.resume(returning: nil)
    }
}
