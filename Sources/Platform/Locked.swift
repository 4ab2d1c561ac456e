/// A value and its lock in one, so that neither can be had alone.
///
/// Not recursive: taking it twice on one thread never returns.
package final class Locked<Value: ~Copyable>: @unchecked Sendable {
    // Unchecked: `value` is only touched under `lock`, and comes in and goes out as `sending`.
    @usableFromInline let lock = Lock()
    @usableFromInline var value: Value

    @inlinable
    package init(_ value: consuming sending Value) {
        self.value = value
    }

    /// Runs `body` while no other thread has the value. Keep it short, and do not wait in there.
    @inlinable
    package func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}
