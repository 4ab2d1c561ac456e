import Platform

/// Runs `body` on `count` threads at once, each with its number, and returns what they return.
///
/// The first error that one of them throws is thrown when all have ended.
package func concurrently<Value: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) throws -> Value
) throws -> [Value] {
    let results = Locked([Result<Value, any Error>?](repeating: nil, count: count))
    let threads = try (0..<count).map { number in
        try OSThread.start(name: "test \(number)") {
            let result = Result { try body(number) }
            results.withLock { $0[number] = result }
        }
    }
    for thread in threads { thread.join() }
    return try results.withLock { $0 }.map { try $0!.get() }
}
