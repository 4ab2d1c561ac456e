import Hub
import TestSupport
import Testing

/// Dead letters in the one order of the hub.
@Suite("The writer and dead letters") struct WriterLetterTests {
    private var writer = TestWriter()

    init() {
        let batch = WriteBatch(loop: 0)
        for wid in [7, 8] as [UInt32] {
            batch.change(wid, .describe(name: "", expectEverySeconds: 1))
        }
        writer.write([batch])
    }

    private func report(
        _ number: UInt64, _ state: DeadLetter.State = .dead, tries: Int64 = 10, body: Int = 2
    ) -> LetterReport {
        LetterReport(
            id: .publishers(number), index: 1, topic: "A_B", state: state,
            body: Array(repeating: 0x20, count: body), error: "no", tries: tries)
    }

    /// Does `work` in one transaction; its outcomes.
    private mutating func call(_ work: [LetterCall.Work]) -> [LetterCall.Outcome] {
        let batch = WriteBatch(loop: 0)
        for work in work { batch.letters.append(LetterCall(call: 1, work: work)) }
        writer.write([batch])
        return batch.letters.map(\.outcome)
    }

    /// The letter that a report is answered with; nil: it was refused.
    private mutating func letter(_ report: LetterReport, wid: UInt32 = 7) -> DeadLetter? {
        guard case .reported(let letter, _) = call([.report(wid: wid, report)])[0] else {
            return nil
        }
        return letter
    }

    private mutating func refusal(_ report: LetterReport, wid: UInt32 = 7) -> Refusal? {
        guard case .refused(let refusal) = call([.report(wid: wid, report)])[0] else { return nil }
        return refusal
    }

    @Test("In one transaction later calls see what earlier ones did")
    mutating func oneTransaction() {
        let outcomes = call([
            .report(wid: 7, report(1)), .report(wid: 7, report(1)), .report(wid: 8, report(1)),
            .order(.retry, [1, 2, 3]), .report(wid: 7, report(1, .done)), .order(.drop, [1]),
        ])
        func numbers(_ outcome: LetterCall.Outcome) -> Int64? {
            if case .reported(let letter, _) = outcome { letter.number } else { nil }
        }
        #expect(outcomes.map(numbers) == [1, 1, 2, nil, 1, nil])
        guard case .ordered(let first) = outcomes[3], case .ordered(let last) = outcomes[5] else {
            Issue.record("no orders")
            return
        }
        #expect(first.map { try? $0.get().action } == [.retry, .retry, nil])
        #expect(throws: Refusal.unknownLetter) { try first[2].get() }
        #expect(throws: Refusal.letterSettled(.done)) { try last[0].get() }
        #expect(writer.warehouses[7]?.letters == nil)
        #expect(writer.warehouses[8]?.letters?.orders.map(\.number) == [2])
    }

    @Test(
        "A store that fails leaves nothing behind, and the number is given again",
        arguments: [MemoryStore.Step.letter, .saveLetter, .saveWarehouse, .commit], 0...2)
    mutating func failure(step: MemoryStore.Step, skip: Int) throws {
        #expect(letter(report(1))?.number == 1)
        (writer.faults.step, writer.faults.skip) = (step, skip)
        let outcomes = call([
            .report(wid: 7, report(2)), .order(.retry, [1]), .report(wid: 8, report(3)),
        ])
        writer.faults.step = nil
        if case .failed = outcomes[0] {
            for outcome in outcomes {
                guard case .failed = outcome else {
                    Issue.record("\(outcome) though the transaction failed")
                    return
                }
            }
            #expect(writer.warehouses[7]?.letters?.dead == 1)
            #expect(writer.warehouses[7]?.letters?.orders == [])
            #expect(letter(report(9))?.number == 2)
        } else {
            #expect(skip > 0)
            #expect(letter(report(9))?.number == 4)
        }
    }

    @Test("Open letters are bounded by number; an end, or one that is known, is always taken")
    mutating func bounded() {
        let all = (1...UInt64(Limits.openLetters)).map {
            LetterCall.Work.report(wid: 7, report($0, .parked, body: 1))
        }
        _ = call(all)
        #expect(writer.warehouses[7]?.letters?.parked == Limits.openLetters)
        #expect(refusal(report(900_000)) == .letterLimit)
        #expect(letter(report(900_000), wid: 8) != nil)
        #expect(letter(report(1))?.state == .dead)
        #expect(letter(report(900_001, .done))?.state == .done)
        #expect(letter(report(1, .done))?.state == .done)
        #expect(letter(report(900_000))?.state == .dead)
    }

    @Test("Of several reports those are refused that have no room, and no other")
    mutating func several() {
        let half = Limits.openLetterBytes / 2
        let reports = [
            report(1, body: half - 2), report(2, body: half - 2), report(3, body: 1),
            report(2, .done), report(4, body: 1), report(5, .done),
        ]
        guard case .reportedAll(let results) = call([.reports(wid: 7, reports)])[0] else {
            Issue.record("refused")
            return
        }
        let states = results.map { try? $0.get().state }
        #expect(states == [.dead, .dead, nil, .done, .dead, .done])
        guard case .refused(.unknownWarehouse) = call([.reports(wid: 9, reports)])[0] else {
            Issue.record("taken of a stranger")
            return
        }
    }

    @Test("They are bounded by size")
    mutating func boundedBytes() {
        let half = Limits.openLetterBytes / 2
        #expect(letter(report(1, body: half - 2)) != nil)
        #expect(letter(report(2, body: half - 2)) != nil)
        #expect(refusal(report(3, body: 1)) == .letterLimit)
        #expect(letter(report(1, .dropped)) != nil)
        #expect(letter(report(3, body: 1)) != nil)
    }

    @Test("Of those that ended a bounded number is kept")
    mutating func settled() throws {
        let count = Limits.settledLetters + 5
        for number in 1...count {
            writer.wall += 1
            _ = letter(report(UInt64(number), .done))
        }
        let left = try MemoryReader(writer.disk).letters(after: 0, wid: nil, limit: .max)
        #expect(left.map(\.number) == Array(6...Int64(count)))
    }

    @Test("A hub that starts again goes on where it was")
    mutating func restart() {
        _ = call([
            .report(wid: 7, report(1)), .report(wid: 7, report(2, .parked)), .order(.retry, [1]),
        ])
        let before = writer.warehouses[7]?.letters
        writer = TestWriter(writer.disk)
        let after = writer.warehouses[7]?.letters
        #expect((after?.dead, after?.parked, after?.bytes) == (1, 1, before?.bytes))
        #expect(after?.orders == before?.orders)
        guard case .ordered = call([.order(.drop, [2])])[0] else { return }
        #expect(writer.warehouses[7]?.letters?.newest ?? 0 > LetterTray.orderBefore)
    }
}
