import Platform
import TestSupport
import Testing

@Suite("Timer heap")
struct TimerHeapTests {
    @Test("Nothing expires before its time, and all that is due does, the earliest first")
    func order() {
        var heap = TimerHeap()
        for deadline in [30, 10, 20] as [UInt64] {
            heap.insert(deadline: deadline, token: .reserved(UInt32(deadline)))
        }
        #expect(heap.nextDeadline == 10)
        #expect(heap.popExpired(now: 9) == nil)
        #expect(heap.popExpired(now: 20) == .init(deadline: 10, token: .reserved(10)))
        #expect(heap.popExpired(now: 20)?.deadline == 20)
        #expect(heap.popExpired(now: 20) == nil)
        #expect(heap.nextDeadline == 30)
        #expect(heap.popExpired(now: .max)?.deadline == 30)
        #expect(heap.isEmpty)
        #expect(heap.nextDeadline == nil)
    }

    @Test("It agrees with a sorted list over many random steps", arguments: [1, 2, 3] as [UInt64])
    func model(seed: UInt64) {
        var random = SplitMix(seed)
        var heap = TimerHeap()
        var model: [UInt64] = []
        var now: UInt64 = 0
        for step in 0..<5_000 {
            if random.next() % 3 < 2 {
                // Few different ones, so that equal deadlines occur.
                let deadline = now + random.next() % 50
                heap.insert(deadline: deadline, token: .reserved(UInt32(step)))
                model.append(deadline)
                model.sort()
            } else {
                now += random.next() % 20
                let expected = model.first.flatMap { $0 <= now ? $0 : nil }
                #expect(heap.popExpired(now: now)?.deadline == expected)
                if expected != nil { model.removeFirst() }
            }
            #expect(heap.nextDeadline == model.first)
        }
        var rest: [UInt64] = []
        while let entry = heap.popExpired(now: .max) { rest.append(entry.deadline) }
        #expect(rest == model)
    }
}
