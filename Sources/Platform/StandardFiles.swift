import Glibc

/// Standard input, output and error: the descriptors 0, 1 and 2.
package enum StandardFiles {
    /// Opens something in place of those that are closed, so that no file of this process gets one
    /// of their numbers, and then takes what is meant for people. What is written to an output that
    /// was closed cannot be (`/dev/full`), as it could not before. To be called before any file is
    /// opened.
    package static func open() {
        for (number, path) in ["/dev/null", "/dev/full", "/dev/null"].enumerated()
        where fcntl(Int32(number), F_GETFD) == -1 {
            // The lowest number that is free: open(2), and all below are open.
            _ = Glibc.open(path, O_RDWR)
        }
    }
}
