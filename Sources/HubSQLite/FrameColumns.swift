// Unsafe because the wids of a frame are read from SQLite's own memory, within the call.

import Hub
import SQLite

/// The columns of a frame's row in the catalogue, in the order in which every statement names them.
enum FrameColumns {
    static let list = """
        first, last, file, offset, length, raw, created_first, created_last, least_id, greatest_id,
        digest, wids, previous
        """
    static let count = 13

    static func bind(_ frame: ArchivedFrame, to statement: Statement) {
        statement.bind(1, frame.first)
        statement.bind(2, frame.last)
        statement.bind(3, text: frame.file)
        statement.bind(4, frame.offset)
        statement.bind(5, Int64(frame.length))
        statement.bind(6, Int64(frame.rawLength))
        statement.bind(7, frame.created.lowerBound)
        statement.bind(8, frame.created.upperBound)
        bind(frame.ids?.lowerBound, 9, to: statement)
        bind(frame.ids?.upperBound, 10, to: statement)
        statement.bind(11, copying: frame.digest)
        statement.bind(12, copying: bytes(of: frame.wids))
        statement.bind(13, copying: previous(of: frame.wids))
    }

    private static func bind(_ id: MessageID?, _ place: Int32, to statement: Statement) {
        guard let id else { return statement.bindNull(place) }
        statement.bind(place, copying: id.withBytes { Array($0) })
    }

    /// The frame that `row` stands on.
    static func frame(_ row: Statement) -> ArchivedFrame {
        let created = (row.int64(6), row.int64(7))
        let ids = (MessageID(bytes: row.bytes(8)), MessageID(bytes: row.bytes(9)))
        return ArchivedFrame(
            first: row.int64(0), last: row.int64(1), file: row.text(2), offset: row.int64(3),
            length: Int(row.int64(4)), rawLength: Int(row.int64(5)),
            created: created.0...max(created.0, created.1),
            ids: row.isNull(8) ? nil : ids.0...max(ids.0, ids.1), wids: wids(row),
            digest: Array(row.bytes(10)))
    }

    private static func wids(_ row: Statement) -> [ArchivedFrame.WidCount] {
        var wids = wids(row.bytes(11))
        // Rows that an earlier version wrote do not tell.
        if !row.isNull(12) { fillPrevious(of: &wids, row.bytes(12)) }
        return wids
    }

    // MARK: The wids: 16 bytes each, little endian

    private static let widBytes = 16

    private static func bytes(of wids: [ArchivedFrame.WidCount]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(wids.count * widBytes)
        for its in wids {
            append(its.wid, to: &bytes)
            append(its.count, to: &bytes)
            append(its.before, to: &bytes)
        }
        return bytes
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private static func wids(_ bytes: UnsafeRawBufferPointer) -> [ArchivedFrame.WidCount] {
        stride(from: 0, through: bytes.count - widBytes, by: widBytes).map { place in
            func load<Value: FixedWidthInteger>(_ offset: Int) -> Value {
                Value(
                    littleEndian: bytes.loadUnaligned(
                        fromByteOffset: place + offset, as: Value.self))
            }
            return .init(wid: load(0), count: load(4), before: load(8))
        }
    }

    // MARK: What came before the frame: 8 bytes a wid, in the same order

    private static let previousBytes = 8

    private static func previous(of wids: [ArchivedFrame.WidCount]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(wids.count * previousBytes)
        for its in wids { append(its.previous ?? 0, to: &bytes) }
        return bytes
    }

    private static func fillPrevious(
        of wids: inout [ArchivedFrame.WidCount], _ bytes: UnsafeRawBufferPointer
    ) {
        guard bytes.count == wids.count * previousBytes else { return }
        for place in wids.indices {
            wids[place].previous = Int64(
                littleEndian: bytes.loadUnaligned(
                    fromByteOffset: place * previousBytes, as: Int64.self))
        }
    }
}
