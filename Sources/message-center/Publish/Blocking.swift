import Dispatch
import Platform

/// Runs asynchronous work to its end on behalf of the main thread, which has nothing else to do.
func blocking<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) -> Value {
    let (done, box) = (DispatchSemaphore(value: 0), Locked<Value?>(nil))
    Task {
        let value = await work()
        box.withLock { $0 = value }
        done.signal()
    }
    done.wait()
    return box.withLock { $0! }
}
