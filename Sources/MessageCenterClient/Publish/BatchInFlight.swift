/// One batch from its first request until every message in it is settled: what to send next, and
/// what the answers make of each message. A value without input and output.
///
/// The hub takes a request whole or not at all. So those it names are taken out and the others
/// are sent again; where it names none, the batch is halved until the one is found.
package struct BatchInFlight {
    /// What became of one message.
    package enum Outcome: Sendable, Equatable {
        case stored(index: Int?, isDuplicate: Bool)
        case refused(Refusal)
        /// It is given up, and whether the hub has it is not known.
        case givenUp(Refusal)
    }

    private var outcomes: [Outcome?]
    private var unsettled: Range<Int>
    /// How many messages the next request has at most.
    private var size: Int

    /// A batch of that many messages, some of which are refused before they are sent.
    package init(_ messages: [OutgoingMessage]) {
        outcomes = messages.map { $0.flaw.map(Outcome.refused) }
        unsettled = 0..<messages.count
        size = messages.count
    }

    /// The places of the messages to send now; empty when all are settled.
    package var next: [Int] {
        var places: [Int] = []
        for place in unsettled where outcomes[place] == nil {
            places.append(place)
            if places.count == size { break }
        }
        return places
    }

    /// What became of each; only when `next` is empty.
    package var settled: [Outcome] { outcomes.compactMap(\.self) }

    /// Takes the hub's verdict on a request that had the messages of these places.
    package mutating func take(_ verdict: BatchVerdict, on places: [Int]) {
        switch verdict {
        case .stored(let indexes):
            for (place, stored) in zip(places, indexes) {
                settle(place, .stored(index: stored.index, isDuplicate: stored.isDuplicate))
            }
            size = min(outcomes.count, size * 2)
        case .refused(let refusals):
            for (offset, refusal) in refusals where places.indices.contains(offset) {
                settle(places[offset], .refused(refusal))
            }
        case .refusedSomewhere(let refusal):
            if places.count == 1 {
                settle(places[0], .refused(refusal))
            } else {
                size = places.count / 2
            }
        case .heldUp: break
        }
    }

    /// Gives the first `count` messages of the batch up, where they are not settled yet.
    package mutating func giveUp(first count: Int, _ refusal: Refusal) {
        for place in 0..<min(count, outcomes.count) where outcomes[place] == nil {
            settle(place, .givenUp(refusal))
        }
    }

    private mutating func settle(_ place: Int, _ outcome: Outcome) {
        outcomes[place] = outcome
        while let first = unsettled.first, outcomes[first] != nil { unsettled.removeFirst() }
    }
}
