import CLinux

extension OSThread {
    /// Has the calling thread come after all others, for the processors and for the disk:
    /// setpriority(2), ioprio_set(2). Where all processors are busy it still gets a tenth of what
    /// another thread does. Where the machine refuses, it runs as it did.
    package static func comeLast() {
        _ = clinux_come_last()
    }

    /// Has the calling thread run when nobody else wants the processor: SCHED_IDLE of sched(7).
    /// Where all processors are busy it hardly runs at all. Where the machine refuses, it runs as
    /// it did. Only a thread with privileges can undo it.
    ///
    /// To be nice is not enough for others not to notice: since Linux 6.6 a thread that wakes waits
    /// until the slice of the running one is over, which takes milliseconds, whatever their
    /// weights. Only one that runs when idle gives way at once.
    package static func runWhenIdle() {
        _ = clinux_run_when_idle()
    }
}
