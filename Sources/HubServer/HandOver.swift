/// Carries something that is not Sendable to the one thread that takes it.
final class HandOver<Value>: @unchecked Sendable {
    // Unchecked: it is put in before the thread starts, taken once by that thread, and whoever made
    // it keeps nothing of it, or waits for the thread's end.
    private var value: Value?

    init(_ value: Value) {
        self.value = value
    }

    func take() -> Value {
        defer { value = nil }
        return value!
    }
}
