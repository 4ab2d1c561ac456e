import Hub
import TestSupport
import Testing

@Suite("Waiters")
struct WaiterTableTests {
    private func ready(_ table: inout WaiterTable) -> [UInt64] {
        var calls: [UInt64] = []
        while let call = table.next() { calls.append(call) }
        return calls
    }

    @Test("A wake-up gives those who wait for its wid, once, in their order")
    func wake() {
        var table = WaiterTable()
        for (call, wid) in [(1, 5), (2, 6), (3, 5)] as [(UInt64, UInt32)] {
            table.add(call, wid: wid)
        }
        #expect(table.count == 3)
        #expect(!table.hasReady)
        table.wake(5)
        table.wake(5)
        table.wake(7)
        #expect(table.count == 1)
        #expect(ready(&table) == [1, 3])
        table.wake(6)
        #expect(ready(&table) == [2])
        #expect(table.isEmpty)
    }

    @Test("The global line wakes all")
    func global() {
        var table = WaiterTable()
        for call in 1...100 as ClosedRange<UInt64> { table.add(call, wid: UInt32(call % 7) + 1) }
        table.wake(0)
        #expect(ready(&table).sorted() == Array(1...100))
        #expect(table.count == 0)
    }

    @Test("Empty is a table of which the last ready call was taken")
    func empty() {
        var table = WaiterTable()
        table.add(1, wid: 1)
        table.wake(1)
        #expect(!table.isEmpty)
        _ = table.next()
        #expect(table.isEmpty)
        #expect(!table.hasReady)
    }

    @Test("Behaves as a list of waiting and a queue of ready calls do", arguments: 1...8)
    func model(seed: Int) {
        var random = SplitMix(UInt64(seed))
        var table = WaiterTable()
        var waiting: [(call: UInt64, wid: UInt32)] = []
        var ready: [UInt64] = []
        var calls: UInt64 = 0
        for _ in 0..<20_000 {
            let wid = UInt32(random.number(1...6))
            switch random.number(0...9) {
            case 0...3:
                calls += 1
                table.add(calls, wid: wid)
                waiting.append((calls, wid))
            case 4:
                guard let gone = waiting.randomElement(using: &random) else { break }
                table.remove(gone.call, wid: gone.wid)
                waiting.removeAll { $0.call == gone.call }
                table.remove(gone.call, wid: gone.wid)
            case 5:
                table.wake(wid)
                ready += waiting.filter { $0.wid == wid }.map(\.call)
                waiting.removeAll { $0.wid == wid }
            case 6 where random.oneIn(20):
                // In no order between wids: so the queue is emptied to compare.
                table.wake(0)
                var taken: [UInt64] = []
                while let call = table.next() { taken.append(call) }
                #expect(taken.sorted() == (ready + waiting.map(\.call)).sorted())
                (waiting, ready) = ([], [])
            default:
                #expect(table.next() == (ready.isEmpty ? nil : ready.removeFirst()))
            }
            #expect(table.count == waiting.count)
            #expect(table.hasReady == !ready.isEmpty)
            #expect(table.isEmpty == (waiting.isEmpty && ready.isEmpty))
        }
    }

    @Test("A queue that never empties gives every call in turn")
    func neverEmpty() {
        var table = WaiterTable()
        var (added, taken) = (UInt64(0), UInt64(0))
        for _ in 0..<20_000 {
            for _ in 0..<2 where added < taken + 5000 {
                added += 1
                table.add(added, wid: 3)
            }
            table.wake(3)
            taken += 1
            #expect(table.next() == taken)
        }
    }
}

@Suite("Rate")
struct RateTests {
    @Test("A steady pace is the rate, after some half-lives")
    func steady() {
        var rate = Rate()
        for step in 0...300 as ClosedRange<UInt64> {
            rate.note(ordinal: Int64(step) * 50, now: step * second)
        }
        #expect(abs(rate.value(now: 300 * second) - 50) < 1)
    }

    @Test("With nothing noted it fades by half in thirty seconds")
    func fades() {
        var rate = Rate()
        for step in 1...600 as ClosedRange<UInt64> {
            rate.note(ordinal: Int64(step) * 8, now: step * second)
        }
        let full = rate.value(now: 600 * second)
        #expect(abs(rate.value(now: 630 * second) - full / 2) < 0.1)
        #expect(abs(rate.value(now: 660 * second) - full / 4) < 0.1)
        #expect(rate.value(now: 100_000 * second) < 0.001)
    }

    @Test("It is never below zero nor without bound: a seek back, two notes at one moment")
    func bounds() {
        var rate = Rate()
        #expect(rate.value(now: 5) == 0)
        rate.note(ordinal: 1000, now: 5 * second)
        rate.note(ordinal: 10, now: 6 * second)
        #expect(rate.value(now: 6 * second) == 0)
        rate.note(ordinal: 20, now: 7 * second)
        #expect(rate.value(now: 7 * second) > 0)
        rate.note(ordinal: 30, now: 7 * second)
        #expect(rate.value(now: 7 * second).isFinite)
        #expect(rate.value(now: 0) >= 0)
    }
}
