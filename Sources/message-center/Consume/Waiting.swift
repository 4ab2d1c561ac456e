import Dispatch
import Platform

/// Runs `body` among Swift's tasks while this thread does `meanwhile` again and again: for a
/// command that has to answer signals.
///
/// - Parameter meanwhile: returns at least every quarter of a second; true cancels the task.
func waiting<Result: Sendable>(
    _ body: @escaping @Sendable () async throws -> Result, meanwhile: () throws -> Bool
) throws -> Result {
    let outcome = Locked<Swift.Result<Result, any Error>?>(nil)
    let task = Task.detached {
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        outcome.withLock { $0 = result }
    }
    while true {
        if let result = outcome.withLock({ $0 }) { return try result.get() }
        if try meanwhile() { task.cancel() }
    }
}
