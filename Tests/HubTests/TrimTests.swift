import Hub
import Platform
import Synchronization
import TestSupport
import Testing

/// Lists that lose their beginning to the archive.
@Suite("Trimmed lists")
struct TrimTests {
    // MARK: One list

    @Test("Above a border a trimmed list behaves as the whole one would", arguments: 1...16)
    func model(seed: Int) {
        var random = SplitMix(UInt64(seed))
        let retired = RetireList(ReaderEpochs(readers: 0))
        let list = PostingList(wid: 1, retired: retired)
        defer { withExtendedLifetime(list) {} }
        var (all, published, border): ([Int64], Int, Int64) = ([], 0, 0)
        let widest: Int64 = [1, 5, 1 << 33][seed % 3]
        for _ in 0..<300 {
            switch random.number(0...9) {
            case 0:
                list.rollBack()
                all.removeSubrange(published...)
            case 1, 2:
                list.publish()
                published = all.count
                border += random.number(0...max(0, (all.last ?? 0) - border))
                list.trim(through: border)
            case 3: retired.reclaim()
            default:
                let most: Int64 = random.oneIn(5) ? 3000 : 40
                for _ in 0..<random.number(1...most) {
                    all.append((all.last ?? 0) + random.number(1...widest))
                    list.append(all.last!)
                }
            }
            guard list.count == all.count, isSame(list.view, all[..<published], border, &random)
            else {
                Issue.record("\(published) entries, trimmed through \(border)")
                return
            }
        }
    }

    /// Whether a view tells the same as all entries would, at places from the border on.
    private func isSame(
        _ view: PostingList.View, _ all: ArraySlice<Int64>, _ border: Int64,
        _ random: inout SplitMix
    ) -> Bool {
        guard view.count == all.count, view.lastDropped <= border else { return false }
        for _ in 0..<4 {
            let near = all.randomElement(using: &random).map { $0 + random.number(-1...1) }
            let index = max(border, random.oneIn(3) ? border : near ?? 0)
            let rank = all.countNotAbove(index)
            guard view.rank(through: index) == rank,
                view.last(through: index) == (rank == 0 ? 0 : all[rank - 1])
            else { return false }
            var cursor = PostingList.Cursor(view, after: index)
            for place in rank..<min(rank + 5, all.count) {
                guard cursor.position == place, cursor.next == all[place], view[place] == all[place]
                else { return false }
                cursor.advance()
            }
        }
        return true
    }

    @Test("A view stays as it was while its reader is inside, whatever is trimmed")
    func stays() {
        let epochs = ReaderEpochs(readers: 1)
        let retired = RetireList(epochs)
        let list = PostingList(wid: 1, retired: retired)
        defer { withExtendedLifetime(list) {} }
        for index in 1...10_000 as ClosedRange<Int64> { list.append(index) }
        list.publish()
        epochs.readers[0].enter()
        let view = list.view
        list.trim(through: 9_000)
        retired.reclaim()
        #expect(retired.bytes > 30_000)
        #expect((0..<10_000).allSatisfy { view[$0] == Int64($0) + 1 })
        epochs.readers[0].leave()
        retired.reclaim()
        #expect(retired.bytes == 0)
        #expect(list.view.rank(through: 9_000) == 9_000)
    }

    // MARK: All lists

    /// Lines whose message `index` is of wid `index % 4`, with no readers to wait for.
    private func lines(_ count: Int64) -> Lines {
        let lines = Lines(epochs: ReaderEpochs(readers: 0))
        for index in 1...count { _ = lines.append(index, wid: UInt32(index % 4)) }
        lines.publish(head: count) { _ in }
        return lines
    }

    @Test("Below the border nothing is shown, and what is above keeps its ordinals and places")
    func border() {
        let lines = lines(10_000)
        defer { withExtendedLifetime(lines) {} }
        let whole = entries(lines.line(of: 1), after: 0)
        for border in [1, 2, 3, 4, 5, 4095, 4096, 9_998, 10_000] as [Int64] {
            lines.trim(through: border, time: border * 10, of: 0...3)
            let line = lines.line(of: 1)
            let (gone, left) = (
                whole.filter { $0.index <= border }, whole.filter { $0.index > border }
            )
            #expect(lines.border == border)
            #expect(lines.borderTime == border * 10)
            #expect(line.border == border)
            #expect(entries(line, after: 0) == left)
            #expect(line.first(after: 0) == left.first?.index)
            #expect(line.count == Int64(whole.count))
            #expect(line.trimmedCount == Int64(gone.count))
            #expect(line.lastTrimmed == gone.last?.index ?? 0)
            for index in 0...border where index > border - 6 {
                let isArchived = gone.contains { $0.index > index }
                #expect(line.isArchived(after: index) == isArchived)
                guard !isArchived else { continue }
                #expect(line.ordinal(through: index) == Int64(gone.count))
            }
            #expect(!line.isArchived(after: border))
        }
    }

    @Test("A warehouse that has nothing in the archive needs none of it")
    func nothingArchived() {
        let lines = Lines(epochs: ReaderEpochs(readers: 0))
        defer { withExtendedLifetime(lines) {} }
        for index in 1...100 as ClosedRange<Int64> {
            _ = lines.append(index, wid: index > 60 ? 7 : 5)
        }
        lines.publish(head: 100) { _ in }
        lines.trim(through: 50, time: 1, of: [5])
        #expect(!lines.line(of: 7).isArchived(after: 0))
        #expect(lines.line(of: 7).ordinal(through: 0) == 0)
        #expect(lines.line(of: 7).trimmedCount == 0)
        #expect(lines.line(of: 5).isArchived(after: 0))
        #expect(lines.line(of: 5).isArchived(after: 49))
        #expect(!lines.line(of: 5).isArchived(after: 50))
    }

    @Test("A list that starts with what a store remembers goes on counting")
    func restored() {
        let lines = Lines()
        defer { withExtendedLifetime(lines) {} }
        lines.restore(wid: 0, count: 40, last: 95)
        lines.restore(wid: 5, count: 60, last: 99)
        lines.restore(border: 100, time: 7, pruned: 20)
        #expect(lines.append(101, wid: 5) == 61)
        #expect(lines.append(102, wid: 0) == 41)
        lines.rollBack()
        #expect(lines.append(101, wid: 5) == 61)
        lines.publish(head: 101) { _ in }
        let line = lines.line(of: 5)
        #expect(
            entries(line, after: 0).map { [$0.index, $0.ordinal, $0.nth] } == [[101, 101, 61]])
        #expect(line.lastTrimmed == 99)
        #expect(lines.line(of: 6).lastTrimmed == 95)
        #expect(lines.pruned == 20)
    }

    @Test("A kept message costs five bytes at most, and what is trimmed is given back")
    func memory() {
        let lines = Lines(epochs: ReaderEpochs(readers: 0))
        defer { withExtendedLifetime(lines) {} }
        let wids: Int64 = 20
        let kept: Int64 = 100_000
        var (head, border) = (Int64(0), Int64(0))
        let fixed = lines.bytes
        for round in 1...40 as ClosedRange<Int64> {
            for _ in 0..<10_000 {
                head += 1
                _ = lines.append(head, wid: UInt32(head % wids))
            }
            lines.publish(head: head) { _ in }
            guard head - border > kept else { continue }
            border = head - kept
            lines.trim(through: border, time: round, of: 0..<UInt32(wids))
            #expect(Int64(lines.bytes) <= kept * 5 + wids * 400)
        }
        lines.trim(through: head, time: 100, of: 0..<UInt32(wids))
        #expect(lines.bytes <= fixed + Int(wids) * 400)
        #expect(entries(lines.line(of: 3), after: 0).isEmpty)
        #expect(lines.line(of: 3).count == head / wids * 2)
    }

    @Test("Readers walk while the writer appends and trims, and every line is whole")
    func threads() throws {
        let epochs = ReaderEpochs(readers: 3)
        let lines = Lines(epochs: epochs)
        defer { withExtendedLifetime(lines) {} }
        let isOver = Atomic(false)
        let wrong = Atomic<Int>(0)
        let looks = Atomic<Int>(0)
        let readers = try epochs.readers.enumerated().map { number, reader in
            try OSThread.start(name: "reader") {
                var random = SplitMix(UInt64(number))
                while !isOver.load(ordering: .relaxed) {
                    let wid = UInt32(random.number(1...3))
                    let isWhole = reader.reading { isSound(lines.line(of: wid), wid, &random) }
                    if !isWhole { wrong.add(1, ordering: .relaxed) }
                    looks.add(1, ordering: .relaxed)
                }
            }
        }
        var random = SplitMix(7)
        var (head, border) = (Int64(0), Int64(0))
        while looks.load(ordering: .relaxed) < 20_000 {
            for _ in 0..<random.number(0...60) {
                head += 1
                _ = lines.append(head, wid: UInt32(head % 4))
            }
            lines.publish(head: head) { _ in }
            if random.oneIn(4) {
                for number in 1...random.number(1...50) {
                    _ = lines.append(head + number, wid: UInt32(random.number(0...3)))
                }
                lines.rollBack()
            }
            guard border < head else { continue }
            // Often nothing is left in the store.
            border = random.oneIn(2) ? head : random.number(border...head)
            lines.trim(through: border, time: border, of: 0...3)
        }
        isOver.store(true, ordering: .relaxed)
        for reader in readers { reader.join() }
        #expect(wrong.load(ordering: .relaxed) == 0)
        lines.trim(through: head, time: head, of: 0...3)
        #expect(lines.bytes < 16_000)
    }

    private func entries(_ line: Line, after index: Int64) -> [Line.Entry] {
        var cursor = line.cursor(after: index)
        var entries: [Line.Entry] = []
        while let entry = cursor.next() { entries.append(entry) }
        return entries
    }
}

/// Messages of `wid` at or below `index`, where message `index` is of wid `index % 4`.
private func count(of wid: UInt32, through index: Int64) -> Int64 {
    wid == 0 ? index / 4 : (index + 4 - Int64(wid)) / 4
}

/// Whether a line is whole from its border to its head.
private func isSound(_ line: Line, _ wid: UInt32, _ random: inout SplitMix) -> Bool {
    func ordinal(_ index: Int64) -> Int64 {
        count(of: 0, through: index) + count(of: wid, through: index)
    }
    guard line.border <= line.head, line.count == ordinal(line.head) else { return false }
    guard line.trimmedCount == ordinal(line.border) else { return false }
    if line.lastTrimmed > 0 {
        guard ordinal(line.lastTrimmed) == line.trimmedCount, line.lastTrimmed <= line.border,
            ordinal(line.lastTrimmed - 1) == line.trimmedCount - 1
        else { return false }
    } else if line.trimmedCount > 0 {
        return false
    }
    let start = random.oneIn(2) ? 0 : random.number(line.border...line.head)
    var cursor = line.cursor(after: start)
    var last = max(start, line.border)
    for _ in 0..<60 {
        guard let entry = cursor.next() else { return ordinal(last) == ordinal(line.head) }
        let own = UInt32(entry.index % 4)
        guard own == 0 || own == wid, entry.index > last, entry.index <= line.head else {
            return false
        }
        guard entry.ordinal == ordinal(entry.index), entry.ordinal == ordinal(last) + 1,
            entry.nth == count(of: own, through: entry.index)
        else { return false }
        last = entry.index
    }
    return true
}

extension ArraySlice<Int64> {
    /// How many of the entries, which rise, are at or below `index`.
    fileprivate func countNotAbove(_ index: Int64) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] <= index { low = middle + 1 } else { high = middle }
        }
        return low - startIndex
    }
}
