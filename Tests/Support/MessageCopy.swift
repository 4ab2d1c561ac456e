package import Hub

/// A row of the store, copied, to be compared after the call that showed it.
package struct MessageCopy: Equatable, Sendable {
    package var index: Int64
    package var id: MessageID
    package var topic: Int32
    package var wid: UInt32
    package var nth: Int64
    package var key: String?
    package var body: String
    package var created: Int64
    package var occurred: Int64?
    package var replayOf: ReplayOf?

    package init(_ row: MessageRow) {
        index = row.index
        id = row.id
        topic = row.topic
        wid = row.wid
        nth = row.nth
        key = row.key.map { String(decoding: $0, as: UTF8.self) }
        body = String(decoding: row.body, as: UTF8.self)
        created = row.created
        occurred = row.occurred
        replayOf = row.replayOf
    }

    package init(
        _ index: Int64, wid: UInt32 = 0, nth: Int64, topic: Int32 = 0, id: MessageID? = nil,
        key: String? = nil, body: String = "{}", created: Int64 = 1000, occurred: Int64? = nil,
        replayOf: ReplayOf? = nil
    ) {
        self.index = index
        self.id = id ?? .publishers(UInt64(index))
        self.topic = topic
        self.wid = wid
        self.nth = nth
        self.key = key
        self.body = body
        self.created = created
        self.occurred = occurred
        self.replayOf = replayOf
    }

    /// Lends it as a row while `visit` runs.
    package func withRow<Result, Failure: Error>(
        _ visit: (MessageRow) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let (key, body) = (self.key.map { Array($0.utf8) }, Array(self.body.utf8))
        return try body.withBytes { (body) throws(Failure) in
            guard let key else { return try visit(row(nil, body)) }
            return try key.withBytes { (key) throws(Failure) in try visit(row(key, body)) }
        }
    }

    private func row(
        _ key: UnsafeRawBufferPointer?, _ body: UnsafeRawBufferPointer
    ) -> MessageRow {
        MessageRow(
            index: index, id: id, topic: topic, wid: wid, nth: nth, key: key, body: body,
            created: created, occurred: occurred, replayOf: replayOf)
    }
}

extension [UInt8] {
    /// `withUnsafeBytes`, with the failure's type kept.
    fileprivate func withBytes<Value, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try withUnsafeBytes { bytes -> Result<Value, Failure> in
            do throws(Failure) { return .success(try body(bytes)) } catch {
                return .failure(error)
            }
        }.get()
    }
}
