import Hub

/// Which dead letters are meant. What is nil lets all through.
struct LetterFilter: Sendable {
    var wid: UInt32?
    var topic: TopicPattern?
    /// The whole key.
    var key: String?
    /// A part of the error, as it stands there.
    var error: String?
    var states: [DeadLetter.State]

    func fits(_ letter: DeadLetter) -> Bool {
        states.contains(letter.state) && wid ?? letter.wid == letter.wid
            && (key == nil || key == letter.key) && topic?.matches(letter.topic) ?? true
            && error.map(letter.error.contains) ?? true
    }
}

/// An order for all letters that fit, as it was asked for, checked.
struct LetterOrder: Sendable {
    var action: DeadLetter.Action
    var filter: LetterFilter
    /// Nothing is ordered.
    var isDry: Bool
    /// Letters with higher numbers are looked at.
    var after: Int64
}

/// What is asked about dead letters.
enum LetterAsk: Sendable {
    case list(LetterFilter, after: Int64, limit: Int)
    case one(Int64, Principal)
    case order(LetterOrder)
}

/// Letters that an order by filter is for, found by the admin reader, and where the next begin.
struct FoundLetters: Sendable {
    let action: DeadLetter.Action
    var letters: [DeadLetter] = []
    var next: Int64?
}
