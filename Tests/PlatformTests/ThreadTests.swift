import Glibc
import Platform
import Testing

@Suite("Threads and locks")
struct ThreadTests {
    @Test("A thread runs its body under its name, cut to what the kernel keeps")
    func name() throws {
        let name = Locked("")
        let thread = try OSThread.start(name: "a name that is too long") {
            var room = [CChar](repeating: 0, count: 17)
            let fd = open("/proc/thread-self/comm", O_RDONLY)
            let count = read(fd, &room, 16)
            close(fd)
            let text = String(decoding: room.prefix(count).map(UInt8.init), as: UTF8.self)
            name.withLock { $0 = text }
        }
        thread.join()
        #expect(name.withLock { $0 } == "a name that is \n")
    }

    @Test("A thread may be let go without joining")
    func detached() throws {
        let box = try Mailbox<Int>(capacity: 1)
        _ = try OSThread.start(name: "detached") { _ = box.post(1) }
        #expect(box.wait(milliseconds: 10_000))
    }

    @Test("A locked value is changed by one thread at a time")
    func locked() throws {
        let counter = Locked(0)
        let threads = try (0..<4).map { _ in
            try OSThread.start(name: "counter") {
                for _ in 0..<50_000 { counter.withLock { $0 += 1 } }
            }
        }
        threads.forEach { $0.join() }
        #expect(counter.withLock { $0 } == 200_000)
    }

    @Test("An error leaves the lock open")
    func lockedThrows() {
        let value = Locked(1)
        #expect(throws: Errno(ENOMEM)) {
            try value.withLock { number throws(Errno) in
                number = 2
                throw Errno(ENOMEM)
            }
        }
        #expect(value.withLock { $0 } == 2)
    }

    @Test("What cannot be copied can be locked and taken out")
    func lockedNonCopyable() throws {
        let slot = Locked<Descriptor?>(Descriptor(owning: open("/dev/null", O_RDONLY)))
        let isTaken = slot.withLock { $0.take() } != nil
        #expect(isTaken)
        let isEmpty = slot.withLock { $0 == nil }
        #expect(isEmpty)
    }

    @Test("A wake-up stays until it is drained")
    func wakeUp() throws {
        let wakeUp = try WakeUp()
        #expect(wakeUp.wait(milliseconds: 0) == false)
        #expect(wakeUp.drain() == 0)
        wakeUp.signal()
        wakeUp.signal()
        #expect(wakeUp.wait(milliseconds: 0) == true)
        #expect(wakeUp.wait(milliseconds: -1) == true)
        #expect(wakeUp.drain() == 2)
        #expect(wakeUp.wait(milliseconds: 0) == false)
    }
}
