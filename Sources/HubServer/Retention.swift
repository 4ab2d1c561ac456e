/// How long, and how much, the store keeps: what is older, or more, is due to move to the archive.
///
/// Times are milliseconds since 1970 of the hub's clock, which may be stepped: a clock set back has
/// messages wait, one set forward has them move early, and neither loses any.
package struct Retention: Equatable, Sendable {
    /// Milliseconds that a message stays in the store.
    package var age: Int64
    /// Bytes that the store may take; nil: however many.
    package var bytes: Int64?

    package init(age: Int64, bytes: Int64? = nil) {
        self.age = age
        self.bytes = bytes
    }

    /// What the store is made of.
    package struct Size: Equatable, Sendable {
        /// Bytes of its pages in use.
        package var bytes: Int64
        /// Messages whose rows take them, garbage counted.
        package var messages: Int64

        package init(bytes: Int64, messages: Int64) {
            self.bytes = bytes
            self.messages = messages
        }
    }

    /// Milliseconds that the history of positions is kept at most, wherever the border is.
    package var historyKept: Int64 { min(age, 36_500 * 86_400_000) + 86_400_000 }

    // MARK: By age

    /// Messages created before it are due.
    package func cutoff(wall: Int64) -> Int64 { wall - age }

    /// Milliseconds that a frame which is not full waits for more messages, so that a quiet hub
    /// makes no tiny frames: a fiftieth of the age, an hour at most.
    package var slack: Int64 { min(age / 50, 3_600_000) }

    /// Whether a frame whose first message was created at `created` waits no longer.
    package func isLate(_ created: Int64, wall: Int64) -> Bool {
        created < cutoff(wall: wall) - slack
    }

    /// Messages created before it, if they are not moved earlier, leave within the last fifth of
    /// their time: whoever has not committed them is told.
    package func leavingCutoff(wall: Int64) -> Int64 { wall - age / 5 * 4 }

    // MARK: By size

    /// How many of the newest messages stay when the store is too large; nil: it is not.
    ///
    /// It then shrinks by a fiftieth more than it must, so that it is not too large again at once.
    /// While garbage waits to be deleted, bytes and messages count it alike, so the answer is the
    /// same.
    package func kept(of size: Size) -> Int64? {
        guard let bytes, size.bytes > bytes, size.messages > 0 else { return nil }
        return share(of: size, bytes: Double(bytes) * 0.98)
    }

    /// How many of the newest messages are far from leaving on account of the size.
    package func safe(of size: Size) -> Int64? {
        guard let bytes, size.bytes > bytes / 5 * 4, size.messages > 0 else { return nil }
        return share(of: size, bytes: Double(bytes) * 0.8)
    }

    private func share(of size: Size, bytes: Double) -> Int64 {
        Int64(bytes / Double(size.bytes) * Double(size.messages))
    }

    // MARK: Days

    /// When the UTC day of `time` began: a file of the archive is a day's.
    package static func dayBegin(_ time: Int64) -> Int64 {
        let day: Int64 = 86_400_000
        let rest = time % day
        return time - (rest < 0 ? rest + day : rest)
    }

    // MARK: When to look

    /// Milliseconds until it is worth looking again when nothing was due: a second, less where the
    /// messages stay for seconds only. A look costs some twenty rows.
    package var pause: Int32 { Int32(min(1000, max(50, age / 10))) }
}
