import Hub
import Platform
import Synchronization
import TestSupport
import Testing

/// A line points into its `Lines`, which tests keep to the end for that reason.
@Suite("Lines")
struct LinesTests {
    /// Lines with these wids as messages 1, 2, 3 …
    private func lines(_ wids: [UInt32]) -> Lines {
        let lines = Lines()
        for (place, wid) in wids.enumerated() { _ = lines.append(Int64(place) + 1, wid: wid) }
        lines.publish(head: Int64(wids.count)) { _ in }
        return lines
    }

    @Test("A line is global and own messages by index, with ordinals and places of their own")
    func merged() {
        let lines = lines([0, 5, 6, 0, 5, 0])
        defer { withExtendedLifetime(lines) {} }
        let line = lines.line(of: 5)
        #expect(
            entries(of: line, after: 0).map { [$0.index, $0.ordinal, $0.nth] }
                == [[1, 1, 1], [2, 2, 1], [4, 3, 2], [5, 4, 2], [6, 5, 3]])
        #expect(line.count == 5)
        #expect(line.head == 6)
        #expect(line.first(after: 2) == 4)
        #expect(line.first(after: 6) == nil)
    }

    @Test("A warehouse without messages of its own has the global line; wid 0 has it alone")
    func globalOnly() {
        let lines = lines([0, 5, 0])
        defer { withExtendedLifetime(lines) {} }
        #expect(entries(of: lines.line(of: 99), after: 0).map(\.index) == [1, 3])
        #expect(entries(of: lines.line(of: 0), after: 0).map(\.index) == [1, 3])
    }

    @Test("Publish tells each wid with something new, once")
    func tells() {
        let lines = Lines()
        for (index, wid) in [(1, 7), (2, 0), (3, 7), (4, 9)] as [(Int64, UInt32)] {
            _ = lines.append(index, wid: wid)
        }
        var told: [UInt32] = []
        lines.publish(head: 4) { told.append($0) }
        #expect(told.sorted() == [0, 7, 9])
        lines.publish(head: 4) { told.append($0) }
        #expect(told.count == 3)
    }

    @Test("What is appended gives the place in its own list, also over a roll-back")
    func places() {
        let lines = lines([5, 0, 5])
        defer { withExtendedLifetime(lines) {} }
        #expect(lines.append(4, wid: 5) == 3)
        #expect(lines.append(5, wid: 0) == 2)
        #expect(lines.append(6, wid: 8) == 1)
        lines.rollBack()
        #expect(lines.line(of: 5).count == 3)
        #expect(lines.append(4, wid: 8) == 1)
        #expect(lines.append(5, wid: 5) == 3)
        lines.publish(head: 5) { _ in }
        #expect(entries(of: lines.line(of: 8), after: 0).map(\.index) == [2, 4])
        #expect(entries(of: lines.line(of: 5), after: 0).map(\.index) == [1, 2, 3, 5])
    }

    @Test("A line that was taken stays as it was, whatever the writer does")
    func stays() {
        let lines = lines([0, 5])
        defer { withExtendedLifetime(lines) {} }
        let line = lines.line(of: 5)
        for index in 3...5000 as ClosedRange<Int64> {
            _ = lines.append(index, wid: index % 2 == 0 ? 5 : 0)
            lines.publish(head: index) { _ in }
        }
        #expect(entries(of: line, after: 0).map(\.index) == [1, 2])
        #expect(line.count == 2)
        #expect(line.ordinal(through: 4000) == 2)
    }

    @Test("The head bounds the line: what lies in a list beyond it is not shown")
    func headBound() {
        let lines = Lines()
        defer { withExtendedLifetime(lines) {} }
        _ = lines.append(1, wid: 0)
        lines.publish(head: 1) { _ in }
        // As between the publication of the lists and that of the head.
        _ = lines.append(2, wid: 0)
        _ = lines.append(3, wid: 5)
        lines.list(of: 5)!.publish()
        let line = lines.line(of: 5)
        #expect(entries(of: line, after: 0).map(\.index) == [1])
        #expect(line.count == 1)
        #expect(line.ordinal(through: 3) == 1)
        #expect(line.first(after: 1) == nil)
    }

    @Test("A cursor walks as a filter over all messages would", arguments: 1...8)
    func model(seed: Int) {
        var random = SplitMix(UInt64(seed))
        let own = seed % 4
        let wids = (0..<3000).map { _ in UInt32(random.number(0...Int64(own + 1))) }
        let lines = lines(wids)
        defer { withExtendedLifetime(lines) {} }
        for wid in 0...UInt32(own + 1) {
            let expected = wids.indices.filter { wids[$0] == 0 || wids[$0] == wid }.map {
                Int64($0) + 1
            }
            let line = lines.line(of: wid)
            #expect(entries(of: line, after: 0).map(\.index) == expected)
            for _ in 0..<30 {
                let after = random.number(0...3001)
                let rest = expected.filter { $0 > after }
                #expect(line.ordinal(through: after) == Int64(expected.count - rest.count))
                let walked = entries(of: line, after: after, limit: 7)
                #expect(walked.map(\.index) == Array(rest.prefix(7)))
                let first = Int64(expected.count - rest.count) + 1
                #expect(walked.map(\.ordinal) == Array(first..<first + Int64(walked.count)))
                for entry in walked {
                    let its = wids[Int(entry.index) - 1]
                    let nth = wids[..<Int(entry.index)].count { $0 == its }
                    #expect(entry.nth == Int64(nth))
                }
            }
        }
    }

    @Test("Ten thousand wids come while readers look them up, and no line ever has a hole")
    func growth() throws {
        let lines = Lines()
        defer { withExtendedLifetime(lines) {} }
        let isOver = Atomic(false)
        let wrong = Atomic<Int>(0)
        let looks = Atomic<Int>(0)
        let readers = try (0..<2).map { number in
            try OSThread.start(name: "reader") {
                var random = SplitMix(UInt64(number))
                while !isOver.load(ordering: .acquiring) {
                    let wid = UInt32(random.number(1...10_000))
                    if !isSound(lines.line(of: wid), wid: wid) { wrong.add(1, ordering: .relaxed) }
                    looks.add(1, ordering: .relaxed)
                }
            }
        }
        // Messages 2w - 1 and 2w: a global one, then one of wid w; some commits hold several wids.
        var random = SplitMix(5)
        var wid: UInt32 = 0
        while wid < 10_000 {
            for _ in 0..<random.number(1...9) where wid < 10_000 {
                wid += 1
                _ = lines.append(Int64(wid) * 2 - 1, wid: 0)
                _ = lines.append(Int64(wid) * 2, wid: wid)
            }
            lines.publish(head: Int64(wid) * 2) { _ in }
        }
        while looks.load(ordering: .relaxed) < 1000 {}
        isOver.store(true, ordering: .releasing)
        for reader in readers { reader.join() }
        #expect(wrong.load(ordering: .relaxed) == 0)
        #expect(lines.count == 10_001)
        #expect((1...10_000).allSatisfy { lines.line(of: $0).count == 10_001 })
        #expect(lines.list(of: 10_001) == nil)
    }

    @Test("There is room for as many lists as may be, and for known wids beyond")
    func room() {
        let lines = lines([1, 2])
        #expect(lines.hasRoom(for: 3))
        #expect(lines.hasRoom(for: 1))
    }
}

/// Whether the line of `wid` is whole: all odd messages to its head, and its own one.
private func isSound(_ line: Line, wid: UInt32) -> Bool {
    let globals = (line.head + 1) / 2
    let hasOwn = line.head >= Int64(wid) * 2
    guard line.count == globals + (hasOwn ? 1 : 0) else { return false }
    // Around its own message: the global one right before it is there.
    var cursor = line.cursor(after: Int64(wid) * 2 - 2)
    guard hasOwn else { return cursor.next()?.index != Int64(wid) * 2 }
    let (first, second) = (cursor.next(), cursor.next())
    return first?.index == Int64(wid) * 2 - 1 && first?.ordinal == Int64(wid)
        && second?.index == Int64(wid) * 2 && second?.ordinal == Int64(wid) + 1
        && second?.nth == 1
}

/// The entries behind `index`.
private func entries(of line: Line, after index: Int64, limit: Int = .max) -> [Line.Entry] {
    var cursor = line.cursor(after: index)
    var entries: [Line.Entry] = []
    while entries.count < limit, let entry = cursor.next() { entries.append(entry) }
    return entries
}
