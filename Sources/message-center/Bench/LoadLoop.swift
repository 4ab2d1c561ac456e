// Unsafe: owns the one buffer that all its connections receive into.

import Platform
import Synchronization

/// Ends all threads of a run.
final class LoadSwitch: Sendable {
    private let on = Atomic(false)

    var isOn: Bool { on.load(ordering: .relaxed) }

    func turnOn() { on.store(true, ordering: .relaxed) }
}

/// One thread of the generator: its connections, its poller, what it has measured.
final class LoadLoop {
    private let plan: BenchPlan
    private var connections: [LoadConnection] = []
    private var poller: Poller
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: 256 << 10, alignment: 16)
    private var result = BenchResult()
    private var measureFrom: UInt64 = 0
    private var end: UInt64 = 0

    private let isRefused: LoadSwitch

    /// Connects the share of thread number `thread`.
    ///
    /// - Parameter isRefused: shared by all threads; the first that is refused turns it on, and
    ///   then all of them end.
    init(_ plan: BenchPlan, thread: Int, isRefused: LoadSwitch) throws(Errno) {
        self.plan = plan
        self.isRefused = isRefused
        poller = try Poller()
        for number in stride(from: thread, to: plan.connections, by: plan.threads) {
            let connection = try LoadConnection(
                plan.load(connection: number), isPublisher: number < plan.publishers,
                to: plan.endpoint)
            try poller.add(connection.descriptor, token: token(connections.count), interest: .read)
            connections.append(connection)
        }
    }

    deinit {
        buffer.deallocate()
    }

    /// Runs until the time is over; answers still outstanding then do not count.
    func run() throws(Errno) -> BenchResult {
        let start = MonotonicClock.now()
        measureFrom = start + UInt64(plan.warmup) * 1_000_000_000
        end = measureFrom + UInt64(plan.seconds) * 1_000_000_000
        for (number, connection) in connections.enumerated() {
            // Spread over one interval, or all would send at the same moment.
            connection.due = start + plan.interval * UInt64(number) / UInt64(connections.count)
            if !isPaced(connection) { proceed(number, connection.begin(at: start)) }
        }
        while MonotonicClock.now() < end, !isRefused.isOn { try turn() }
        return result
    }

    private func token(_ number: Int) -> Token {
        Token(slot: UInt32(number), generation: 1)
    }

    private func isPaced(_ connection: LoadConnection) -> Bool {
        connection.isPublisher && plan.interval > 0
    }

    private func turn() throws(Errno) {
        // Whoever is paced is looked for every millisecond.
        let count = try poller.wait(milliseconds: plan.interval > 0 ? 1 : 100)
        for index in 0..<count {
            let event = poller.event(at: index)
            let number = Int(event.token.slot)
            let connection = connections[number]
            if connection.isSending, event.isWritable {
                proceed(number, connection.sendMore())
            }
            if event.isReadable || event.isClosed {
                proceed(number, connection.receive(into: buffer))
            }
        }
        if plan.interval > 0 { beginDue() }
    }

    private func beginDue() {
        let now = MonotonicClock.now()
        for (number, connection) in connections.enumerated()
        where isPaced(connection) && !connection.isBusy && connection.due <= now {
            connection.due += plan.interval
            proceed(number, connection.begin(at: now))
        }
    }

    private func proceed(_ number: Int, _ outcome: LoadConnection.Outcome) {
        switch outcome {
        case .waiting: watch(number)
        case .answered: answered(number)
        case .broken(let why): broken(number, why)
        }
    }

    private func answered(_ number: Int) {
        let connection = connections[number]
        let now = MonotonicClock.now()
        let isGood = connection.reader.status < 400
        if connection.reader.status == 401 {
            result.refusal = FinalAnswer(status: 401, body: connection.reader.tail)
            return isRefused.turnOn()
        }
        let messages = isGood ? connection.load.settle(connection.reader.tail) : 0
        count(connection) { result in
            guard isGood else {
                let text = String(decoding: connection.reader.tail, as: UTF8.self)
                return result.fail("\(connection.reader.status): \(text)")
            }
            result.latency.record(now - connection.begun)
            result.messages += messages
        }
        guard isPaced(connection) else { return proceed(number, connection.begin(at: now)) }
        guard connection.due <= now else { return }
        // It was due while the one before was still out: that wait is the hub's, and counts.
        let due = connection.due
        connection.due += plan.interval
        proceed(number, connection.begin(at: due))
    }

    private func count(_ connection: LoadConnection, _ change: (inout LoadResult) -> Void) {
        let now = MonotonicClock.now()
        guard now >= measureFrom, now < end else { return }
        if connection.isPublisher { change(&result.publish) } else { change(&result.pull) }
    }

    /// Connects anew; a connection that cannot is left alone from then on.
    private func broken(_ number: Int, _ why: String) {
        let connection = connections[number]
        count(connection) { $0.fail(why) }
        do throws(Errno) {
            try connection.connect(to: plan.endpoint)
            try poller.add(connection.descriptor, token: token(number), interest: .read)
            if !isPaced(connection) {
                proceed(number, connection.begin(at: MonotonicClock.now()))
            }
        } catch {
            result.lost += 1
            connection.due = .max
        }
    }

    /// Asks for room in the kernel only while there is something left to send.
    private func watch(_ number: Int) {
        let connection = connections[number]
        guard connection.isSending || connection.watchesRoom else { return }
        connection.watchesRoom = connection.isSending
        let interest: Interest = connection.isSending ? [.read, .write] : .read
        try? poller.modify(connection.descriptor, token: token(number), interest: interest)
    }
}
