import Archive
import Hub
import TestSupport

/// A message to be archived, and one read again, to be compared.
struct StoredMessage: Equatable, Sendable {
    var index: Int64
    var wid: UInt32 = 0
    var nth: Int64
    var id: MessageID
    var topic = "Order_Changed"
    var created: Int64 = 1_790_000_000_000
    var occurred: Int64?
    var replayOf: ReplayOf?
    var key: String?
    var body = "{}"
    /// Its publisher gave the id.
    var isPublishers = true

    init(_ index: Int64, wid: UInt32 = 0, nth: Int64? = nil) {
        self.index = index
        self.wid = wid
        self.nth = nth ?? index
        id = .publishers(UInt64(index), at: 1_780_000_000_000 + UInt64(index) * 7919 % 1000)
    }

    /// What a row says; topics are numbered by `topics`.
    init(_ row: MessageRow, _ topics: Topics) {
        index = row.index
        wid = row.wid
        nth = row.nth
        id = row.id
        topic = topics.names[Int(row.topic)]
        created = row.created
        occurred = row.occurred
        replayOf = row.replayOf
        key = row.key.map { String(decoding: $0, as: UTF8.self) }
        body = String(decoding: row.body, as: UTF8.self)
    }

    /// The same without what a line does not say.
    var asRead: StoredMessage {
        var message = self
        message.isPublishers = true
        return message
    }

    /// Appends it to a frame.
    func append(to builder: inout FrameBuilder) -> FrameBuilder.Appending {
        var (body, topic) = (body, topic)
        return body.withUTF8 { body in
            guard var key else { return append(nil, .init(body), &topic, &builder) }
            return key.withUTF8 { append(.init($0), .init(body), &topic, &builder) }
        }
    }

    private func append(
        _ key: UnsafeRawBufferPointer?, _ body: UnsafeRawBufferPointer, _ topic: inout String,
        _ builder: inout FrameBuilder
    ) -> FrameBuilder.Appending {
        let row = MessageRow(
            index: index, id: id, topic: -1, wid: wid, nth: nth, key: key, body: body,
            created: created, occurred: occurred, replayOf: replayOf)
        return topic.withUTF8 { bytes in
            builder.append(
                row, topic: UnsafeRawBufferPointer(bytes).bytes, isPublishers: isPublishers)
        }
    }
}

/// Numbers names as they are met.
final class Topics {
    private(set) var names: [String] = []

    func number(_ name: RawSpan) -> Int32 {
        let text = name.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        if let number = names.firstIndex(of: text) { return Int32(number) }
        names.append(text)
        return Int32(names.count - 1)
    }
}

extension UnpackedFrame {
    /// All rows after `index`, copied.
    func copies(
        after index: Int64 = 0, of wid: UInt32? = nil
    ) throws(ArchiveFailure) -> [StoredMessage] {
        let topics = Topics()
        var copies: [StoredMessage] = []
        try rows(after: index, of: wid, topics: topics.number) { row in
            copies.append(StoredMessage(row, topics))
            return true
        }
        return copies
    }
}
