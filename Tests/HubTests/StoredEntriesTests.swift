import Hub
import TestSupport
import Testing

@Suite("One wid's messages in the store") struct StoredEntriesTests {
    @Test("First and last of any range, none at or below the border", arguments: [1, 2, 3])
    func ranges(_ seed: UInt64) throws {
        var random = SplitMix(seed)
        let lines = Lines()
        var own: [Int64] = []
        for index in 1...Int64(3000) {
            let wid: UInt32 = random.oneIn(3) ? 7 : 0
            _ = lines.append(index, wid: wid)
            if wid == 7 { own.append(index) }
        }
        lines.publish(head: 3000) { _ in }
        for border in [Int64(0), 500, 1700, 2999] {
            if border > 0 { lines.trim(through: border, time: 1, of: [0, 7]) }
            let entries = try #require(lines.stored(of: 7))
            #expect(entries.border == border)
            for _ in 0..<200 {
                let low = random.number(1...3000)
                let range = low...random.number(low...3000)
                let count = Int(random.number(1...50))
                let due = own.filter { $0 > border && range.contains($0) }
                #expect(entries.first(count, in: range) == Array(due.prefix(count)))
                #expect(entries.last(count, in: range) == Array(due.suffix(count)))
            }
        }
        let stranger = lines.stored(of: 8)?.border
        #expect(stranger == nil)
    }
}
