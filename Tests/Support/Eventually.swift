import Platform

/// Asks again and again until `condition` holds; false when it still does not after `seconds`.
package func eventually(
    within seconds: UInt64 = 60, _ condition: () throws -> Bool
) rethrows -> Bool {
    let deadline = MonotonicClock.now() + seconds * 1_000_000_000
    // Who asks without a pause keeps from the processor what it waits for.
    var pause: UInt32 = 100
    while MonotonicClock.now() < deadline {
        if try condition() { return true }
        OSThread.pause(microseconds: pause)
        pause = min(pause * 3 / 2, 10_000)
    }
    return try condition()
}

/// The same for asynchronous tests, which must not keep a thread from the tasks they wait for.
package func becomesTrue(
    within time: Duration = .seconds(60), _ condition: () async throws -> Bool
) async rethrows -> Bool {
    let deadline = ContinuousClock.now + time
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(1))
    }
    return try await condition()
}
