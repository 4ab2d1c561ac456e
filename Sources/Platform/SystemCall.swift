import Glibc

/// The one place where the result of a system call becomes a value or an error.
///
/// A call cut short by a signal (`EINTR`) is made again. `EBADF` and `EFAULT` end the process: a
/// descriptor already closed, perhaps somebody else's by now, or a wild pointer is a mistake of the
/// program, and going on would write into a stranger's file.
package enum SystemCall {
    /// Makes a call that may have to wait; `nil` when it would (`EAGAIN`).
    package static func nonBlocking<Result: FixedWidthInteger & SignedInteger>(
        _ call: () -> Result
    ) throws(Errno) -> Result? {
        while true {
            let result = call()
            if result != -1 { return result }
            let code = errno
            switch code {
            case EINTR: continue
            case EAGAIN: return nil  // EWOULDBLOCK is the same number on Linux: errno(3)
            case EBADF, EFAULT: fatalError("system call failed: \(Errno(code))")
            default: throw Errno(code)
            }
        }
    }

    /// Makes a call whose `EAGAIN`, if it has one, is an error like any other.
    @discardableResult
    package static func blocking<Result: FixedWidthInteger & SignedInteger>(
        _ call: () -> Result
    ) throws(Errno) -> Result {
        guard let result = try nonBlocking(call) else { throw .wouldBlock }
        return result
    }

    /// Makes a call that can fail by a mistake of the program only, which ends the process.
    @discardableResult
    package static func infallible<Result: FixedWidthInteger & SignedInteger>(
        _ call: () -> Result
    ) -> Result {
        do {
            return try blocking(call)
        } catch {
            fatalError("system call that cannot fail: \(error)")
        }
    }
}
