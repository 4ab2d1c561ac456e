/// The time a message is created at, never running backwards.
///
/// `created` rises with the index even when the machine's clock is stepped back: a time then
/// stands still until the clock has caught up. So a position may be searched by time.
package struct CreatedClock: Sendable {
    /// The newest time given, in milliseconds since 1970.
    package private(set) var last: Int64

    package init(last: Int64) {
        self.last = last
    }

    /// The time for what is stored now: the wall clock, or the last time if that is later.
    package mutating func now(wall: Int64) -> Int64 {
        last = max(last, wall)
        return last
    }
}
