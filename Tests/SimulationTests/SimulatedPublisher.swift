import Hub
import TestSupport

/// A business side that publishes, one request at a time, and repeats what was not answered.
struct SimulatedPublisher {
    let number: Int
    /// The request under way, or to be repeated.
    private(set) var drafts: [Draft] = []
    /// Counts what was sent; an answer to an earlier sending comes too late.
    private(set) var ticket = 0
    private(set) var isWaiting = false
    private var made = 0
    /// Milliseconds since 1970, as this publisher has it.
    private var clock: UInt64 = 0
    /// Bodies that were acknowledged: each must be there exactly once.
    private(set) var acknowledged: [String] = []
    /// Drafts with ids that were acknowledged, to be sent again by mistake.
    private var known: [Draft] = []
    /// What the request under way must be answered with, other than success.
    private(set) var expectsConflict = false

    init(_ number: Int) {
        self.number = number
    }

    /// What is sent next: the request that got no answer, an old one, or a new one.
    ///
    /// - Parameter wall: the machine's clock; publishers' own ones differ.
    mutating func send(_ random: inout SplitMix, wids: [UInt32], wall: Int64) -> [Draft] {
        ticket += 1
        isWaiting = true
        clock = UInt64(wall + Self.skews[number % Self.skews.count])
        if drafts.isEmpty { makeRequest(&random, wids) }
        return drafts
    }

    /// Milliseconds.
    private static let skews: [Int64] = [0, 600_000, -60_000]

    private mutating func makeRequest(_ random: inout SplitMix, _ wids: [UInt32]) {
        expectsConflict = false
        let hasIDs = !random.oneIn(4)
        for _ in 0..<random.number(1...5) {
            drafts.append(makeDraft(&random, wids, hasID: hasIDs))
        }
        if hasIDs, random.oneIn(6) { drafts.append(drafts[0]) }
        if hasIDs, random.oneIn(6), let old = known.randomElement(using: &random) {
            drafts.append(old)
        }
        if hasIDs, random.oneIn(12), var old = known.randomElement(using: &random) {
            old.body += "?"
            drafts.append(old)
            expectsConflict = true
        }
    }

    private mutating func makeDraft(
        _ random: inout SplitMix, _ wids: [UInt32], hasID: Bool
    ) -> Draft {
        made += 1
        let id = UInt64(number) << 32 | UInt64(made)
        return Draft(
            "p\(number).\(made)", topic: random.oneIn(2) ? "A_Changed" : "B_Created",
            wid: random.oneIn(2) ? 0 : wids.randomElement(using: &random)!,
            id: hasID ? .publishers(id, at: clock) : nil)
    }

    /// The answer to sending `ticket` has come; it may be too late.
    mutating func answered(_ outcome: WriteBatch.Outcome, ticket: Int) {
        guard ticket == self.ticket, isWaiting else { return }
        isWaiting = false
        switch outcome {
        case .stored:
            acknowledged += drafts.map(\.body)
            known += drafts.filter { $0.id != nil }
            drafts = []
        case .conflict, .expired:
            drafts = []
        case .failed:
            giveUpNameless()
        case .pending, .topicLimit, .lineLimit, .lookAgain, .unfinished:
            preconditionFailure("no such answer here: \(outcome)")
        }
    }

    /// No answer comes: a time-out, or the hub is down. With ids it is sent again.
    mutating func timeOut() {
        isWaiting = false
        giveUpNameless()
    }

    private mutating func giveUpNameless() {
        if drafts.contains(where: { $0.id == nil }) { drafts = [] }
    }
}
