import Dispatch

/// The threads that handlers run on: their own, so that one that blocks (a database, a file) keeps
/// no thread from the rest of the program, nor from the consumer that renews the lease meanwhile.
final class HandlerThreads: TaskExecutor {
    private let queue: DispatchQueue

    init(_ name: String) {
        queue = DispatchQueue(label: name, attributes: .concurrent)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
