import Platform

/// Runs `body`, of the same test, on a thread of its own.
///
/// Tests share as many threads as there are processors. One that blocks for minutes, as those with
/// processes and crowds do, would keep one of them from what asynchronous tests wait for.
package func onOwnThread(_ body: @Sendable () throws -> Void) async throws {
    try await withTaskExecutorPreference(OwnThread()) { try body() }
}

/// Runs each job on a new thread.
private final class OwnThread: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedTaskExecutor()
        do {
            _ = try OSThread.start(name: "test") { job.runSynchronously(on: executor) }
        } catch {
            fatalError("no thread for a test: \(error)")
        }
    }
}
