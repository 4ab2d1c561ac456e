import Glibc
import Platform
import Testing

@Suite("Errno")
struct ErrnoTests {
    @Test(
        "An error has the name of the manual and a text for people",
        arguments: [
            (EADDRINUSE, "EADDRINUSE", "address already in use (EADDRINUSE)"),
            (EMFILE, "EMFILE", "too many open files (EMFILE)"),
            (EIO, "EIO", "input/output error (EIO)"),
            (ESRMNT, "ESRMNT", "srmount error (ESRMNT)"),
            (EDOTDOT, "EDOTDOT", "RFS specific error (EDOTDOT)"),
            (99_999, "errno 99999", "errno 99999"),
        ])
    func nameAndText(code: Int32, name: String, text: String) {
        #expect(Errno(code).name == name)
        #expect("\(Errno(code))" == text)
    }
}

@Suite("System call")
struct SystemCallTests {
    /// Plays the kernel: fails with each of the codes, then returns 7.
    private func kernel(failingWith codes: Int32...) -> () -> Int32 {
        var rest = codes[...]
        return {
            guard let code = rest.popFirst() else { return 7 }
            errno = code
            return -1
        }
    }

    @Test("A call cut short by a signal is made again")
    func interrupted() throws {
        #expect(try SystemCall.nonBlocking(kernel(failingWith: EINTR, EINTR)) == 7)
        #expect(try SystemCall.blocking(kernel(failingWith: EINTR)) == 7)
    }

    @Test("A call that would have to wait gives nil")
    func wouldBlock() throws {
        #expect(try SystemCall.nonBlocking(kernel(failingWith: EAGAIN)) == nil)
        #expect(try SystemCall.nonBlocking(kernel(failingWith: EINTR, EWOULDBLOCK)) == nil)
    }

    @Test("Where waiting was not expected it is an error")
    func wouldBlockUnexpectedly() {
        #expect(throws: Errno.wouldBlock) {
            try SystemCall.blocking(kernel(failingWith: EAGAIN))
        }
    }

    @Test("Any other failure is thrown")
    func thrown() {
        #expect(throws: Errno(ENOSPC)) {
            try SystemCall.nonBlocking(kernel(failingWith: ENOSPC))
        }
    }

    @Test("Using a descriptor that is not open ends the process")
    func badDescriptor() async {
        await #expect(processExitsWith: .failure) {
            _ = try SystemCall.nonBlocking { close(1_000_000) }
        }
    }

    @Test("Handing over a wild pointer ends the process")
    func badAddress() async {
        await #expect(processExitsWith: .failure) {
            _ = try SystemCall.nonBlocking {
                errno = EFAULT
                return Int32(-1)
            }
        }
    }

    @Test("A descriptor closed behind its owner's back ends the process")
    func closedTwice() async {
        await #expect(processExitsWith: .failure) {
            let descriptor = Descriptor(owning: open("/dev/null", O_RDONLY))
            close(descriptor.raw)
        }
    }

    @Test("A descriptor is closed when its owner lets go of it")
    func closed() throws {
        // Asked by inode: the number itself may be somebody else's as soon as it is free.
        var pipeEnds: [Int32] = [0, 0]
        try SystemCall.blocking { pipe(&pipeEnds) }
        let reading = Descriptor(owning: pipeEnds[0])
        do { _ = Descriptor(owning: pipeEnds[1]) }
        var byte: UInt8 = 0
        let fd = reading.raw
        #expect(read(fd, &byte, 1) == 0, "with its last writer closed a pipe has ended")
    }
}
