// Unsafe because the wids of a frame are read from SQLite's own memory, within the call.

import Hub
import SQLite

/// The columns of a frame's row in the catalogue, in the order in which every statement names them.
enum FrameColumns {
    static let list = """
        first, last, file, offset, length, raw, created_first, created_last, least_id, greatest_id,
        digest, wids
        """

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
            ids: row.isNull(8) ? nil : ids.0...max(ids.0, ids.1), wids: wids(row.bytes(11)),
            digest: Array(row.bytes(10)))
    }

    // MARK: The wids: 16 bytes each, little endian

    private static let widBytes = 16

    private static func bytes(of wids: [ArchivedFrame.WidCount]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(wids.count * widBytes)
        func append(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        }
        for its in wids {
            append(its.wid)
            append(its.count)
            append(its.before)
        }
        return bytes
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
}
