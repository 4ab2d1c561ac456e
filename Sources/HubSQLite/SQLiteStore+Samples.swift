package import Hub
import SQLite

extension SQLiteStore: SampleStore {
    package mutating func beginUnsynced() throws(StoreFailure) {
        try begin(synced: false)
    }

    package mutating func keep(
        _ samples: [Sample], _ grain: Sample.Grain
    ) throws(StoreFailure) {
        guard let last = samples.last else { return }
        do throws(SQLiteError) {
            for sample in samples { try statements.insert(sample, grain) }
            try statements.deleteSamples(grain, before: last.at - grain.kept)
        } catch {
            throw StoreFailure(error)
        }
    }
}

extension WriterStatements {
    fileprivate func insert(_ sample: Sample, _ grain: Sample.Grain) throws(SQLiteError) {
        defer { insertSample.reset() }
        SampleColumns.bind(sample, grain, to: insertSample)
        try insertSample.stepDone()
    }

    fileprivate func deleteSamples(
        _ grain: Sample.Grain, before time: Int64
    ) throws(SQLiteError) {
        defer { deleteSamples.reset() }
        deleteSamples.bind(1, grain.rawValue)
        deleteSamples.bind(2, time)
        deleteSamples.bind(3, SampleColumns.deletedAtOnce)
        try deleteSamples.stepDone()
    }
}

/// The columns of a sample's row.
enum SampleColumns {
    static let list = """
        grain, at, span, published, handed_out, committed, lag_messages, lag_seconds, head,
        store_bytes, archive_bytes, free_bytes
        """

    /// Rows whose time is over that one transaction deletes: many more than it inserts, and few
    /// enough that nobody waits for them, also where the clock was set ahead.
    static let deletedAtOnce: Int64 = 100

    static func bind(_ sample: Sample, _ grain: Sample.Grain, to statement: Statement) {
        let values = [
            grain.rawValue, sample.at, sample.span, sample.published, sample.handedOut,
            sample.committed, sample.lagMessages, sample.lagSeconds, sample.head,
            sample.storeBytes, sample.archiveBytes, sample.freeBytes,
        ]
        for (place, value) in values.enumerated() { statement.bind(Int32(place) + 1, value) }
    }

    static func sample(_ row: Statement) -> Sample {
        var sample = Sample(at: row.int64(1), span: row.int64(2))
        sample.published = row.int64(3)
        sample.handedOut = row.int64(4)
        sample.committed = row.int64(5)
        sample.lagMessages = row.int64(6)
        sample.lagSeconds = row.int64(7)
        sample.head = row.int64(8)
        sample.storeBytes = row.int64(9)
        sample.archiveBytes = row.int64(10)
        sample.freeBytes = row.int64(11)
        return sample
    }
}
