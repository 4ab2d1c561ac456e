import CLinux
import Glibc

/// Why a system call failed: the error number of errno(3).
package struct Errno: Error, Equatable, Hashable, Sendable {
    /// The number, as in `<errno.h>`.
    package let code: Int32

    package init(_ code: Int32) {
        self.code = code
    }

    /// The name in the manual pages, such as `EADDRINUSE`.
    package var name: String {
        guard let name = clinux_error_name(code) else { return "errno \(code)" }
        return String(cString: name)
    }
}

extension Errno: CustomStringConvertible {
    /// A text for people: `address already in use (EADDRINUSE)`.
    package var description: String {
        guard let text = clinux_error_text(code) else { return name }
        return "\(lowercasedFirst(String(cString: text))) (\(name))"
    }

    /// "Address in use" begins in lower case within a sentence, "RFS specific error" does not.
    private func lowercasedFirst(_ text: String) -> String {
        guard let second = text.dropFirst().first, second.isLowercase else { return text }
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}

extension Errno {
    package static let accessDenied = Errno(EACCES)
    package static let addressInUse = Errno(EADDRINUSE)
    package static let fileExists = Errno(EEXIST)
    package static let noSpace = Errno(ENOSPC)
    package static let notFound = Errno(ENOENT)
    package static let quotaExceeded = Errno(EDQUOT)
    package static let timedOut = Errno(ETIMEDOUT)
    package static let wouldBlock = Errno(EAGAIN)
}
