import Platform
import TestSupport
import Testing

private let token = Token(slot: 3, generation: 7)

@Suite("Poller")
struct PollerTests {
    @Test("A listener is readable when somebody connects, under the token it was added with")
    func listener() throws {
        let listener = try Listener(Endpoint("127.0.0.1:0"))
        var poller = try Poller(capacity: 8)
        try poller.add(listener.descriptor.raw, token: .reserved(1), interest: .read)
        #expect(try poller.wait(milliseconds: 0) == 0)
        let client = try Socket.connect(to: listener.localEndpoint)
        #expect(try poller.wait(milliseconds: 10_000) == 1)
        let event = poller.event(at: 0)
        #expect(event.token == .reserved(1))
        #expect(event.isReadable && !event.isWritable && !event.isClosed)
        #expect(client.peerEndpoint == listener.localEndpoint)
    }

    @Test("What is told follows the interest, as long as the cause lasts")
    func interest() throws {
        let pair = try Pair()
        let fd = pair.server.descriptor.raw
        var poller = try Poller(capacity: 8)
        try poller.add(fd, token: token, interest: [.read, .write])
        try pair.client.send(text: "x")
        let isBoth = try eventually {
            _ = try poller.wait(milliseconds: 1000)
            return poller.event(at: 0).isReadable && poller.event(at: 0).isWritable
        }
        #expect(isBoth)

        try poller.modify(fd, token: token, interest: .read)
        #expect(try poller.wait(milliseconds: 1000) == 1, "level triggered: told again")
        #expect(!poller.event(at: 0).isWritable)

        try poller.modify(fd, token: token, interest: [])
        #expect(try poller.wait(milliseconds: 0) == 0)
        try poller.remove(fd)
        #expect(throws: Errno.notFound) {
            try poller.modify(fd, token: token, interest: .read)
        }
    }

    @Test("A peer that has only finished sending is readable, not closed")
    func halfClosed() throws {
        let pair = try Pair()
        var poller = try Poller(capacity: 8)
        try poller.add(pair.server.descriptor.raw, token: token, interest: .read)
        pair.client.shutdownWrite()
        #expect(try poller.wait(milliseconds: 10_000) == 1)
        #expect(poller.event(at: 0).isReadable)
        #expect(!poller.event(at: 0).isClosed)
    }

    @Test("With both directions ended it is closed, asked for or not")
    func closed() throws {
        let pair = try Pair()
        var poller = try Poller(capacity: 8)
        try poller.add(pair.server.descriptor.raw, token: token, interest: [])
        pair.server.shutdownWrite()
        pair.client.shutdownWrite()
        #expect(try poller.wait(milliseconds: 10_000) == 1)
        #expect(poller.event(at: 0).isClosed)
    }

    @Test("More events than one wait tells come with the next")
    func manyEvents() throws {
        let wakeUps = try (0..<3).map { _ in try Mailbox<Int>(capacity: 1) }
        var poller = try Poller(capacity: 2)
        for (number, box) in wakeUps.enumerated() {
            try poller.add(
                box.wakeUp.descriptor, token: .reserved(UInt32(number)), interest: .read)
            #expect(box.post(number))
        }
        var seen: Set<Token> = []
        let haveAll = try eventually {
            let count = try poller.wait(milliseconds: 1000)
            #expect(count <= 2)
            for index in 0..<count { seen.insert(poller.event(at: index).token) }
            return seen.count == 3
        }
        #expect(haveAll)
        // A poller knows numbers only: nothing else keeps the boxes open until here.
        withExtendedLifetime(wakeUps) {}
    }

    @Test("An event for a connection that has gone does not reach the one in its place")
    func staleEvent() throws {
        var connections = Slab<String>()
        let old = connections.insert("old")
        let pair = try Pair()
        var poller = try Poller(capacity: 8)
        try poller.add(pair.server.descriptor.raw, token: old, interest: .read)
        try pair.client.send(text: "x")
        #expect(try poller.wait(milliseconds: 10_000) == 1)

        connections.remove(old)
        let new = connections.insert("new")
        let token = poller.event(at: 0).token
        #expect(token.slot == new.slot)
        #expect(connections[token] == nil)
    }
}
