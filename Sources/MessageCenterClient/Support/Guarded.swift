import Foundation

/// A value and its lock in one, so that neither can be had alone. Not recursive.
final class Guarded<Value>: @unchecked Sendable {
    // Unchecked: `value` is only touched under `lock`. Not `Mutex`: the thread sanitizer does not
    // know it, and reports what is none.
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) {
        self.value = value
    }

    /// Runs `body` while no other thread has the value. Keep it short, and do not wait in there.
    func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}
