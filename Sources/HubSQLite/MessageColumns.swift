// Unsafe because rows are looked at in SQLite's own memory: column pointers are valid until the
// next step of their statement, and `MessageRow` says so.

import Hub
import SQLite

/// The columns of the log, in the order in which every statement names them.
enum MessageColumns {
    static let list =
        "idx, id, topic, wid, nth, key, body, created, occurred, replay_id, replay_index"

    /// What a filter needs. They stand before the body in the table, so its pages are not touched.
    static let head = "idx, topic, wid, nth, key"

    /// The row that `statement` stands on, of the columns in `head`.
    static func head(_ statement: Statement) -> MessageRow {
        MessageRow(
            index: statement.int64(0), topic: Int32(truncatingIfNeeded: statement.int64(1)),
            wid: UInt32(truncatingIfNeeded: statement.int64(2)), nth: statement.int64(3),
            key: statement.isNull(4) ? nil : statement.bytes(4))
    }

    /// The row that `statement` stands on.
    static func row(_ statement: Statement) -> MessageRow {
        MessageRow(
            index: statement.int64(0), id: MessageID(bytes: statement.bytes(1)),
            topic: Int32(truncatingIfNeeded: statement.int64(2)),
            wid: UInt32(truncatingIfNeeded: statement.int64(3)), nth: statement.int64(4),
            key: statement.isNull(5) ? nil : statement.bytes(5), body: statement.bytes(6),
            created: statement.int64(7), occurred: statement.optionalInt64(8),
            replayOf: replayOf(statement))
    }

    @inline(__always)
    private static func replayOf(_ statement: Statement) -> ReplayOf? {
        guard !statement.isNull(9) else { return nil }
        return ReplayOf(id: MessageID(bytes: statement.bytes(9)), index: statement.int64(10))
    }
}

extension MessageID {
    /// The id in sixteen bytes; all zero if there are not sixteen.
    init(bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 16 else {
            self.init(high: 0, low: 0)
            return
        }
        self.init(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }

    /// Calls `body` with the sixteen bytes, big endian, as they are kept.
    @inline(__always)
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var words = (high.bigEndian, low.bigEndian)
        return try withUnsafeBytes(of: &words, body)
    }
}
