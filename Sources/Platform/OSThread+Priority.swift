import CLinux

extension OSThread {
    /// Has the calling thread run where nobody else wants the processor, and come last for the
    /// disk: SCHED_IDLE of sched(7), ioprio_set(2). Where all processors are busy it still gets a
    /// share, a three-hundredth of another thread's. Where the machine refuses, it runs as it did.
    ///
    /// A low `nice` value is not enough: since Linux 6.6 a thread that wakes waits for the end of
    /// the running one's slice, milliseconds, whatever their weights; only an idle one gives way
    /// at once.
    package static func runWhenIdle() {
        _ = clinux_run_when_idle()
    }
}
