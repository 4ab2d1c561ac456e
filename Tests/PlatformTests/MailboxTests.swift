import Glibc
import Platform
import TestSupport
import Testing

/// An item that only one thread may have, and that must get there all the same.
private final class Parcel {
    let sender: Int
    let number: Int

    init(sender: Int, number: Int) {
        self.sender = sender
        self.number = number
    }
}

@Suite("Mailbox")
struct MailboxTests {
    @Test("Items come out in the order they went in")
    func order() throws {
        let box = try Mailbox<Int>(capacity: 8)
        for number in 1...3 { #expect(box.post(number)) }
        #expect(box.count == 3)
        var taken: [Int] = [99]
        box.drain(into: &taken)
        #expect(taken == [1, 2, 3])
        box.drain(into: &taken)
        #expect(taken.isEmpty)
    }

    @Test("Only the first item of an empty box wakes")
    func wakesOnce() throws {
        let box = try Mailbox<Int>(capacity: 8)
        #expect(!box.wait(milliseconds: 0))
        for number in 1...3 { #expect(box.post(number)) }
        #expect(box.wait(milliseconds: 0))
        #expect(box.wakeUp.drain() == 1)
        #expect(box.post(4))
        #expect(!box.wait(milliseconds: 0), "items are in there, so the thread has been woken")

        var taken: [Int] = []
        box.drain(into: &taken)
        #expect(taken == [1, 2, 3, 4])
        #expect(box.post(5))
        #expect(box.wait(milliseconds: 0))
        box.drain(into: &taken)
        #expect(!box.wait(milliseconds: 0), "draining takes the signal, too")
    }

    @Test("A full box takes nothing, and takes again once it has been drained")
    func full() throws {
        let box = try Mailbox<Int>(capacity: 2)
        #expect(box.post(1) && box.post(2))
        #expect(!box.post(3))
        var taken: [Int] = []
        box.drain(into: &taken)
        #expect(taken == [1, 2])
        #expect(box.post(4))
    }

    @Test("A closed box takes nothing, wakes, and can be emptied")
    func closed() throws {
        let box = try Mailbox<Int>(capacity: 8)
        #expect(box.post(1))
        box.close()
        #expect(box.isClosed)
        #expect(!box.post(2))
        #expect(box.wait(milliseconds: 0))
        var taken: [Int] = []
        box.drain(into: &taken)
        #expect(taken == [1])
    }

    @Test("The two arrays change places and keep their room")
    func capacityIsKept() throws {
        let box = try Mailbox<Int>(capacity: 100)
        var taken: [Int] = []
        taken.reserveCapacity(100)
        let room = taken.withUnsafeBufferPointer { $0.baseAddress }
        box.drain(into: &taken)
        for number in 0..<100 { #expect(box.post(number)) }
        box.drain(into: &taken)
        #expect(taken.count == 100)
        #expect(taken.withUnsafeBufferPointer { $0.baseAddress } == room)
    }

    @Test("Of a million items from two threads none is lost, doubled or out of order")
    func million() throws {
        let box = try Mailbox<Parcel>(capacity: 4096)
        let each = 500_000
        let senders = try (0..<2).map { sender in
            try OSThread.start(name: "sender \(sender)") {
                for number in 0..<each {
                    while !box.post(Parcel(sender: sender, number: number)) { sched_yield() }
                }
            }
        }
        var next = [0, 0]
        var taken: [Parcel] = []
        var isInOrder = true
        while next != [each, each], box.wait(milliseconds: 20_000) {
            box.drain(into: &taken)
            for parcel in taken {
                isInOrder = isInOrder && parcel.number == next[parcel.sender]
                next[parcel.sender] += 1
            }
        }
        senders.forEach { $0.join() }
        #expect(next == [each, each])
        #expect(isInOrder)
        box.drain(into: &taken)
        #expect(taken.isEmpty)
    }

    @Test("A thread that sleeps in its box is woken by an item, and ended by the closing")
    func sleeper() throws {
        let box = try Mailbox<Int>(capacity: 8)
        let sum = Locked(0)
        let thread = try OSThread.start(name: "sleeper") {
            var taken: [Int] = []
            while true {
                let isLast = box.isClosed
                box.drain(into: &taken)
                for number in taken { sum.withLock { $0 += number } }
                if isLast { break }
                box.wait(milliseconds: -1)
            }
        }
        #expect(box.post(1))
        #expect(eventually { sum.withLock { $0 } == 1 })
        #expect(box.post(2))
        #expect(eventually { sum.withLock { $0 } == 3 })
        box.close()
        thread.join()
    }
}
