// Unsafe: the body travels through pthread_create(3) as an untyped pointer.

import CLinux
import Glibc
import Synchronization

/// A thread of the operating system: for what runs as long as the program does.
package final class OSThread: Sendable {
    private let handle: pthread_t
    private let isJoined = Atomic(false)

    private init(_ handle: pthread_t) {
        self.handle = handle
    }

    /// Runs `body` on a new thread.
    ///
    /// - Parameters:
    ///   - name: shown by `top -H` and debuggers; the kernel keeps 15 bytes.
    ///   - stackSize: in bytes, at least 16 KiB.
    /// - Throws: EAGAIN when there are too many threads; pthread_create(3).
    package static func start(
        name: String, stackSize: Int = 1 << 20, _ body: @escaping @Sendable () -> Void
    ) throws(Errno) -> OSThread {
        var attributes = pthread_attr_t()
        try check(pthread_attr_init(&attributes))
        defer { pthread_attr_destroy(&attributes) }
        try check(pthread_attr_setstacksize(&attributes, stackSize))
        let start = Unmanaged.passRetained(Start(name, body))
        var handle = pthread_t()
        let code = pthread_create(&handle, &attributes, threadMain, start.toOpaque())
        if code != 0 { start.release() }
        try check(code)
        return OSThread(handle)
    }

    deinit {
        // Whoever does not join lets it run; its memory then goes when it ends.
        if !isJoined.load(ordering: .relaxed) { pthread_detach(handle) }
    }

    /// Waits until the body has returned. To be called once at most, from another thread.
    package func join() {
        let wasJoined = isJoined.exchange(true, ordering: .relaxed)
        precondition(!wasJoined, "a thread is joined once")
        let code = pthread_join(handle, nil)
        precondition(code == 0, "a thread cannot wait for itself")
    }

    /// Gives the calling thread, and those it starts from now on, the lowest priority for
    /// processors and disks. What does not work here, such as in a container that forbids it, is
    /// left.
    package static func letOthersGoFirst() {
        clinux_let_others_go_first()
    }

    /// These functions return their error instead of leaving it in errno.
    private static func check(_ code: Int32) throws(Errno) {
        if code != 0 { throw Errno(code) }
    }
}

/// What a new thread needs.
private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(_ name: String, _ body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

/// The first function of every thread. A function of the file, not a closure: one written in a
/// context bound to an actor would check for that actor here, and trap.
private func threadMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
    // Fails for names that are too long only, and without a name a thread runs as well.
    _ = clinux_name_thread(String(decoding: start.name.utf8.prefix(15), as: UTF8.self))
    start.body()
    return nil
}
