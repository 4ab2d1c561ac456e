import Foundation
import Glibc
import Platform
import TestSupport
import Testing

@Suite("What a service manager is told")
struct ServiceNotifierTests {
    private func notifier(_ socket: ManagerSocket) throws -> ServiceNotifier {
        try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET": socket.name]))
    }

    @Test("Facts arrive as the lines of one datagram", arguments: [false, true])
    func facts(isAbstract: Bool) throws {
        let manager = try ManagerSocket(isAbstract: isAbstract)
        let notifier = try notifier(manager)
        notifier.tell(.ready, .mainProcess(4711), .status("serves\nall"))
        #expect(manager.next() == ["READY=1", "MAINPID=4711", "STATUS=servesall"])
        notifier.tell(.reloading(at: 5_000_999))
        #expect(manager.next() == ["RELOADING=1", "MONOTONIC_USEC=5000"])
        notifier.tell(.longer(60_000_000_000))
        notifier.tell(.stopping)
        notifier.tell(.aliveness)
        #expect(manager.next() == ["EXTEND_TIMEOUT_USEC=60000000"])
        #expect(manager.next() == ["STOPPING=1"])
        #expect(manager.next() == ["WATCHDOG=1"])
    }

    @Test(
        "Without a unix socket to tell it to, nobody is told",
        arguments: [
            nil, "", "@", "/", "notify", "./notify", "vsock:2:1234",
            "/" + String(repeating: "x", count: 108),
        ])
    func nobody(name: String?) {
        let environment = name.map { ["NOTIFY_SOCKET": $0] } ?? [:]
        #expect(ServiceNotifier(environment: environment) == nil)
    }

    @Test(
        "The watchdog's time is that of this process",
        arguments: [
            (nil, nil, nil), ("30000000", nil, 30_000_000_000), ("30000000", "7", 30_000_000_000),
            ("30000000", "8", nil), ("30000000", "", nil), ("0", nil, nil), ("-1", nil, nil),
            ("30 s", nil, nil), ("18446744073709551615", nil, nil),
        ] as [(String?, String?, UInt64?)])
    func watchdog(time: String?, process: String?, period: UInt64?) throws {
        var environment = ["NOTIFY_SOCKET": "/run/notify"]
        environment["WATCHDOG_USEC"] = time
        environment["WATCHDOG_PID"] = process
        let notifier = try #require(ServiceNotifier(environment: environment, process: 7))
        #expect(notifier.watchdogPeriod == period)
    }

    @Test("A manager that does not read keeps nobody for long")
    func fullQueue() throws {
        let manager = try ManagerSocket()
        let notifier = try notifier(manager)
        var longest = Duration.zero
        for _ in 0..<10_000 where longest < .milliseconds(500) {
            let begun = ContinuousClock.now
            notifier.tell(.aliveness)
            longest = max(longest, ContinuousClock.now - begun)
        }
        #expect(longest > .milliseconds(500), "its queue was never full")
        #expect(longest < .seconds(10))
        // What is taken makes room again.
        while manager.next(within: 0) != nil {}
        notifier.tell(.ready)
        #expect(manager.next() == ["READY=1"])
    }

    @Test("A manager that has gone is no failure")
    func gone() throws {
        var manager: ManagerSocket? = try ManagerSocket()
        let notifier = try notifier(manager!)
        manager = nil
        notifier.tell(.ready)
    }
}

@Suite("What the kernel tells of a thread")
struct ThreadSightTests {
    @Test("One that works has had time, and waits for no device")
    func working() throws {
        let before = try #require(ThreadSight(of: ThreadSight.currentThread))
        #expect(!before.waitsForDevice)
        #expect(
            eventually { (ThreadSight(of: ThreadSight.currentThread)?.ticks ?? 0) > before.ticks })
    }

    @Test("One that has gone is not seen")
    func gone() throws {
        let number = Locked<Int32>(0)
        let thread = try OSThread.start(name: "short) D 1 (") {
            number.withLock { $0 = ThreadSight.currentThread }
        }
        thread.join()
        #expect(eventually { ThreadSight(of: number.withLock { $0 }) == nil })
    }

    /// A thread that starts a program sleeps without hearing signals until that has begun
    /// (vfork(2)); this one opens a pipe first, which nobody writes.
    @Test("One that sleeps without hearing signals is told from one that only sleeps")
    func uninterruptible() throws {
        let folder = try TemporaryFolder()
        let pipe = folder.path + "/pipe"
        try #require(mkfifo(pipe, 0o600) == 0)
        let number = Locked<Int32>(0)
        let thread = try OSThread.start(name: "starts) S (one") {
            number.withLock { $0 = ThreadSight.currentThread }
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            posix_spawn_file_actions_addopen(&actions, 0, pipe, O_RDONLY, 0)
            var child: pid_t = 0
            let name = strdup("true")
            if posix_spawn(&child, "/bin/true", &actions, nil, [name, nil], [nil]) == 0 {
                waitpid(child, nil, 0)
            }
            free(name)
            posix_spawn_file_actions_destroy(&actions)
        }
        #expect(eventually { ThreadSight(of: number.withLock { $0 })?.waitsForDevice == true })
        let writer = open(pipe, O_WRONLY)
        thread.join()
        close(writer)

        let sleeper = try Mailbox<Void>(capacity: 1)
        let sleeping = try OSThread.start(name: "sleeps") {
            number.withLock { $0 = ThreadSight.currentThread }
            sleeper.wait(milliseconds: -1)
        }
        #expect(eventually { ThreadSight(of: number.withLock { $0 })?.waitsForDevice == false })
        sleeper.close()
        sleeping.join()
    }
}
