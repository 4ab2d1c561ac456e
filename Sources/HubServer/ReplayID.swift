import Hub

/// The name of a replay, from which its copies get their ids: the same replay, asked for again,
/// stores nothing twice.
struct ReplayID: Equatable, Sendable {
    /// A UUID of version 7, the operator's.
    let id: MessageID

    /// The id of the copy of message `index`: the time of the replay's own id, all else a digest of
    /// that id and the index.
    func copy(of index: Int64) -> MessageID {
        var bytes: [UInt8] = []
        for word in [id.high, id.low, UInt64(bitPattern: index)] {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        let digest = bytes.withUnsafeBytes { Digest(of: $0) }
        return MessageID(
            high: id.high & ~0xFFFF | 0x7000 | digest.words[0] & 0xFFF,
            low: 0b10 << 62 | digest.words[1] >> 2)
    }

    /// Whether `row` is a copy that this very replay has made.
    func made(_ row: MessageRow) -> Bool {
        row.replayOf.map { copy(of: $0.index) == row.id } ?? false
    }
}
