import Foundation
import Platform
import TestSupport
import Testing
import Wire

/// Ten thousand warehouses that wait at once.
@Suite(.serialized) struct IdlePollTests {
    private static let waiters = 10_000

    @Test(
        "10,000 idle long polls on one hub are all answered by one global message",
        .timeLimit(.minutes(2)))
    func idlePolls() throws {
        let limit = try DescriptorLimit.raise()
        try #require(
            limit >= Self.waiters + 1000, "\(limit) open files are too few for this test")
        // A session of TLS has memory of its own, and its clients would take minutes to begin them.
        let hub = try HubProcess(arguments: ["--loops", "2"], inClear: true)
        let client = try hub.client()
        // The warehouses are known before, so that memory is that of waiting alone.
        try register(hub)
        let before = try #require(try client.metric("process_resident_memory_bytes"))
        let crowd = try Crowd(hub.endpoint, Self.waiters)
        crowd.ask()
        #expect(try client.expectWaiting(Self.waiters))
        let during = try #require(try client.metric("process_resident_memory_bytes"))
        let perWaiter = (during - before) / Double(Self.waiters)
        print("IdlePollTests: \(Int(perWaiter)) bytes a waiter")
        #expect(perWaiter < 8 * 1024)
        // While they wait, others are served as ever.
        #expect(try client.publish(wid: 1_000_000).status == 201)
        #expect(try client.metric("message_center_waiting_pulls") == Double(Self.waiters))
        let begun = MonotonicClock.now()
        #expect(try client.publish(wid: 0).integer("index") == 2)
        let answers = try crowd.answers()
        print("IdlePollTests: answered in \((MonotonicClock.now() - begun) / 1_000_000) ms")
        #expect(answers == Self.waiters)
        #expect(try client.metric("message_center_waiting_pulls") == 0)
    }

    /// Lets each warehouse pull once, many on one connection.
    private func register(_ hub: HubProcess) throws {
        let endpoint = hub.endpoint
        _ = try concurrently(4) { number in
            let client = try RawClient(endpoint, tls: nil)
            let wids = Array(stride(from: number + 1, through: Self.waiters, by: 4))
            for start in stride(from: 0, to: wids.count, by: 50) {
                let some = wids[start..<min(start + 50, wids.count)]
                let requests = some.map {
                    "POST /v1/warehouses/\($0)/pull HTTP/1.1\r\nHost: hub\r\n\r\n"
                }
                try client.send(requests.joined())
                for _ in some {
                    let answer = try client.answer()
                    guard answer.status == 200 else { throw Unexpected(answer) }
                }
            }
        }
    }
}

/// Many connections, looked after by one thread.
private final class Crowd {
    private var sockets: [Connected] = []
    private var poller: Poller

    private final class Connected {
        let socket: Socket
        var received: [UInt8] = []

        init(_ socket: consuming Socket) { self.socket = socket }
    }

    init(_ endpoint: Endpoint, _ count: Int) throws {
        poller = try Poller()
        sockets.reserveCapacity(count)
        for number in 0..<count {
            let connected = Connected(try Socket.connect(to: endpoint))
            try poller.add(
                connected.socket.descriptor.raw, token: .reserved(UInt32(number)), interest: .read)
            sockets.append(connected)
        }
    }

    /// Each pulls as a warehouse of its own, and waits.
    func ask() {
        for (place, connected) in sockets.enumerated() {
            let body = #"{"wait":60}"#
            let text = """
                POST /v1/warehouses/\(place + 1)/pull HTTP/1.1\r\nHost: hub\r\n\
                Content-Length: \(body.utf8.count)\r\n\r\n\(body)
                """
            Array(text.utf8).withUnsafeBytes { bytes in
                // A request so small goes into the kernel's buffer at once.
                let sent = try? connected.socket.send(bytes)
                precondition(sent == .bytes(bytes.count))
            }
        }
    }

    /// How many get an answer with the one global message.
    func answers() throws -> Int {
        var answered = 0
        let deadline = MonotonicClock.now() + 30_000_000_000
        while answered < sockets.count, MonotonicClock.now() < deadline {
            for event in try ready() {
                let connected = sockets[event]
                receive(connected)
                guard isWhole(connected.received) else { continue }
                try poller.remove(connected.socket.descriptor.raw)
                if isGlobalMessage(connected.received) { answered += 1 }
            }
        }
        return answered
    }

    private func ready() throws -> [Int] {
        let count = try poller.wait(milliseconds: 1000)
        return (0..<count).map { Int(poller.event(at: $0).token.slot) }
    }

    private func receive(_ connected: Connected) {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let transfer = bytes.withUnsafeMutableBytes { try? connected.socket.receive(into: $0) }
        if case .bytes(let count) = transfer { connected.received += bytes[..<count] }
    }

    private func isWhole(_ bytes: [UInt8]) -> Bool {
        bytes.last == UInt8(ascii: "}")
    }

    private func isGlobalMessage(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: "HTTP/1.1 200 ".utf8)
            && bytes.firstRange(of: Array("\"index\":2,".utf8)) != nil
    }
}
