import Synchronization

/// Tells a transfer that nobody waits for it any more. Any thread may set it, once and for all.
public final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)

    /// One that is not set.
    public init() {}

    /// Whether it is set.
    public var isCancelled: Bool { flag.load(ordering: .acquiring) }

    /// Sets it. A transfer that waits sees it after `HTTPTransport.wake()`.
    public func cancel() { flag.store(true, ordering: .releasing) }
}
