/// Where dead letters are kept: the part of a store's writing side that is theirs. All within the
/// open transaction.
///
/// A letter is a small row; its body lies apart, because it may be large and hardly ever changes.
package protocol LetterStore {
    /// The letter of this number.
    func letter(_ number: Int64) throws(StoreFailure) -> DeadLetter?
    /// The letter that stands for message `id` at warehouse `wid`.
    func letter(of id: MessageID, wid: UInt32) throws(StoreFailure) -> DeadLetter?
    /// Keeps a letter: a new one, whose number is the highest, or one that has changed.
    mutating func save(_ letter: DeadLetter) throws(StoreFailure)
    /// Keeps the body of letter `number`; nil: it has none any more.
    mutating func save(body: [UInt8]?, ofLetter number: Int64) throws(StoreFailure)
    /// Deletes the letters of `wid` that have come to their end, but for the `count` that did last.
    mutating func removeSettledLetters(
        of wid: UInt32, butNewest count: Int
    ) throws(StoreFailure)
}

/// The part of a store's reading side that is the dead letters'.
package protocol LetterReader {
    /// Letters with numbers above `number`, rising, at most `limit`.
    func letters(
        after number: Int64, wid: UInt32?, limit: Int
    ) throws(StoreFailure) -> [DeadLetter]
    /// The letter of this number.
    func letter(_ number: Int64) throws(StoreFailure) -> DeadLetter?
    /// The letter that stands for message `id` at warehouse `wid`.
    func letter(of id: MessageID, wid: UInt32) throws(StoreFailure) -> DeadLetter?
    /// The body of letter `number`, JSON text; nil: none is kept.
    func body(ofLetter number: Int64) throws(StoreFailure) -> [UInt8]?
}
