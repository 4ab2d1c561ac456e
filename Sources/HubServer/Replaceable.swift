import Platform
import Synchronization

/// A value that is sometimes replaced, shared; loops ask for the version and fetch it when that has
/// changed.
final class Replaceable<Value: Sendable>: Sendable {
    private let present: Locked<Value>
    private let changes = Atomic(0)

    init(_ value: Value) {
        present = Locked(value)
    }

    /// Rises with every change.
    var version: Int { changes.load(ordering: .acquiring) }

    var value: Value { present.withLock { $0 } }

    func replace(_ value: Value) {
        present.withLock { $0 = value }
        changes.wrappingAdd(1, ordering: .acquiringAndReleasing)
    }
}
