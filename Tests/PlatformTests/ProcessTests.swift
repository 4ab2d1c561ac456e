import Glibc
import Platform
import TestSupport
import Testing

@Suite("Process, clocks and files")
struct ProcessTests {
    @Test("Signals are read instead of ending the process")
    func signals() async {
        // In a process of its own: its other threads must not have the signals unblocked.
        await #expect(processExitsWith: .success) {
            let haveAll = Locked(false)
            let thread = try OSThread.start(name: "signals") {
                let read = try? readSignals([SIGTERM, SIGINT, SIGHUP])
                haveAll.withLock { $0 = read == [.terminate, .interrupt, .hangUp, nil] }
            }
            thread.join()
            #expect(haveAll.withLock { $0 })
        }
    }

    @Test("Monotonic time goes on")
    func monotonic() {
        let before = MonotonicClock.now()
        #expect(MonotonicClock.now() >= before)
        #expect(eventually { MonotonicClock.now() > before })
    }

    @Test("The wall clock is the machine's, moved by its offset")
    func wall() {
        let clock = WallClock()
        let machine = WallClock()
        #expect(abs(clock.nowMilliseconds() - machine.nowMilliseconds()) < 10_000)
        clock.offsetMilliseconds = -3_600_000
        let behind = machine.nowMilliseconds() - clock.nowMilliseconds()
        #expect(abs(behind - 3_600_000) < 10_000)
        #expect(clock.nowMilliseconds() > 1_500_000_000_000, "milliseconds since 1970")
    }

    @Test("A second lock on a file is refused, and names the holder")
    func fileLock() throws {
        let path = "/tmp/platform-lock-\(Random.word())"
        defer { unlink(path) }
        do {
            let lock = try FileLock(path: path)
            let error = #expect(throws: FileLock.Failure.self) { _ = try FileLock(path: path) }
            #expect(error == .held(path: path, process: getpid()))
            #expect(error?.description == "\(path) is locked by process \(getpid())")
            withExtendedLifetime(lock) {}
        }
        #expect(throws: Never.self) { _ = try FileLock(path: path) }
    }

    @Test("A lock in a directory that is not there says why")
    func fileLockUnusable() {
        let path = "/tmp/not-there-\(Random.word())/lock"
        let error = #expect(throws: FileLock.Failure.self) { _ = try FileLock(path: path) }
        #expect(error == .unusable(path: path, .notFound))
    }

    @Test("Disk space and directory syncing answer for a place that is there")
    func files() throws {
        #expect(try DiskSpace.free(path: "/tmp") > 0)
        #expect(throws: Errno.notFound) { try DiskSpace.free(path: "/not/there") }
        try FileSync.directory("/tmp")
        #expect(throws: Errno.notFound) { try FileSync.directory("/not/there") }
    }

    @Test("Random bytes fill what is asked for", arguments: [0, 1, 16, 256, 257, 100_000])
    func random(count: Int) {
        let bytes = Random.bytes(count)
        #expect(bytes.count == count)
        if count >= 16 {
            #expect(bytes != Random.bytes(count))
            #expect(bytes.suffix(16).contains { $0 != 0 })
        }
    }

    @Test("Random words differ")
    func randomWords() {
        #expect(Set((0..<1000).map { _ in Random.word() }).count == 1000)
    }

    @Test("A process takes at least a page of memory")
    func memory() {
        #expect(ProcessMemory.resident() > 1 << 20)
    }

    @Test("The descriptor limit is raised as far as it goes")
    func descriptorLimit() async {
        await #expect(processExitsWith: .success) {
            try DescriptorLimit.set(100)
            #expect(try DescriptorLimit.current() == 100)
            let raised = try DescriptorLimit.raise()
            #expect(raised > 100)
            #expect(try DescriptorLimit.current() == raised)
        }
    }
}

/// Sends each of `numbers` to the calling thread, and reads what has come of them; `nil` for none.
private func readSignals(_ numbers: [Int32]) throws -> [Signal?] {
    let signals = try Signals()
    var read: [Signal?] = []
    for number in numbers {
        pthread_kill(pthread_self(), number)
        read.append(try signals.wait(milliseconds: 10_000))
    }
    read.append(try signals.wait(milliseconds: 0))
    return read
}
