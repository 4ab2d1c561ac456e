import CLinux

extension OSThread {
    /// Has the calling thread come after all others, for the processors and for the disk:
    /// setpriority(2), ioprio_set(2). Where all processors are busy it still gets a tenth of what
    /// another thread does. Where the machine refuses, it runs as it did.
    package static func lowerPriority() {
        _ = clinux_lower_priority()
    }
}
