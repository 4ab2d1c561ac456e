/// Whether the disk has room enough to take messages.
///
/// Once there is too little, it must be an eighth more than the limit before messages are taken
/// again: so what a few publishes take does not change the answer to and fro.
package struct RoomGauge {
    /// Bytes below which there is too little; 0: never.
    private let limit: UInt64
    package private(set) var isShort = false

    package init(limit: UInt64) {
        self.limit = limit
    }

    /// Notes how many bytes are free now. True: that is news.
    package mutating func note(free: UInt64) -> Bool {
        let was = isShort
        isShort = free < (was ? limit + limit / 8 : limit)
        return isShort != was
    }
}
