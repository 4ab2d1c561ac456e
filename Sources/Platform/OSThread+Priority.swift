import CLinux

extension OSThread {
    /// Has the calling thread come after all others, for the processors and for the disk:
    /// sched_setattr(2), ioprio_set(2). Where all processors are busy it still gets a tenth of what
    /// another thread does. Where the machine refuses, it runs as it did.
    ///
    /// Being nice is not enough: since Linux 6.6 a thread that wakes waits until the slice of the
    /// running one is over, which takes milliseconds, whatever their weights. Since 6.12 one whose
    /// slice is shorter need not wait: so this thread's is the longest there is.
    package static func comeLast() {
        _ = clinux_come_last()
    }
}
