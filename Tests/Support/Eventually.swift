import Glibc
import Platform

/// Asks again and again until `condition` holds; false when it still does not after `seconds`.
package func eventually(
    within seconds: UInt64 = 10, _ condition: () throws -> Bool
) rethrows -> Bool {
    let deadline = MonotonicClock.now() + seconds * 1_000_000_000
    while MonotonicClock.now() < deadline {
        if try condition() { return true }
        sched_yield()
    }
    return try condition()
}
