import Dispatch

/// The thread that handlers run on: their own, so that one that blocks (a database, a file) keeps
/// no thread from the rest of the program, nor from the consumer that renews the lease meanwhile.
///
/// A serial queue: Dispatch gives it a thread even where as many as there are processors are busy.
final class HandlerThread: TaskExecutor {
    private let queue: DispatchQueue

    init(_ name: String) {
        queue = DispatchQueue(label: name)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
