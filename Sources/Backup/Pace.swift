import Platform

/// How files are read and written on a disk that others may be using: in slices, each of which is
/// synced before the next, because what waits to be written holds up whoever syncs meanwhile.
struct Pace: Sendable {
    /// Bytes that are read or written at once.
    let slice: Int
    /// After each slice the disk is left alone for so many times as long as that took.
    private let leave: UInt64

    /// Beside a hub that works: its commits wait for a fifth of their time at most, and then for
    /// few bytes. A disk that is slow, or whose rate is bounded, sets the pace itself.
    static let behindOthers = Pace(slice: 256 << 10, leave: 4)
    /// As fast as it goes, for a hub that has to come back.
    static let alone = Pace(slice: 2 << 20, leave: 0)

    var leavesDisk: Bool { leave > 0 }

    /// No pause is longer, in microseconds.
    private static let longest: UInt64 = 1_000_000

    /// Syncs, and then pauses.
    func sync(_ file: borrowing Descriptor) throws(Errno) {
        let begun = MonotonicClock.now()
        try FileSync.content(file)
        pause(since: begun)
    }

    /// Pauses after work that began at a time of `MonotonicClock`.
    func pause(since begun: UInt64) {
        let pause = pause(after: MonotonicClock.now() - begun)
        if pause > 0 { OSThread.pause(microseconds: pause) }
    }

    /// Microseconds of pause after work that has taken so many nanoseconds.
    func pause(after nanoseconds: UInt64) -> UInt32 {
        UInt32(min(nanoseconds / 1_000 * leave, Self.longest))
    }
}
