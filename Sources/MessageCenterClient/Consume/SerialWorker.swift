import Dispatch

/// The one thread at a time that a consumer's own work runs on, so that its waits for the disk hold
/// no thread up that other tasks share.
final class SerialWorker: SerialExecutor {
    private let queue: DispatchQueue

    init(_ name: String) {
        queue = DispatchQueue(label: name)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
