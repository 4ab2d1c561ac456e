import Glibc

/// An open file descriptor with one owner, who closes it by letting go of it.
package struct Descriptor: ~Copyable, Sendable {
    /// The number, for system calls; only valid while this value lives.
    package let raw: Int32

    /// Takes over `raw`, which nobody else may close from now on.
    package init(owning raw: Int32) {
        precondition(raw >= 0, "not a descriptor")
        self.raw = raw
    }

    deinit {
        // Never tried again: Linux frees the number before anything that can fail, so that a second
        // close could hit a descriptor another thread has just opened; close(2), "Dealing with
        // error returns from close()". What must be on disk was synced before.
        if close(raw) == -1, errno == EBADF {
            fatalError("descriptor \(raw) was closed by somebody else")
        }
    }
}
