package import Hub
import SQLite

extension SQLiteReader {
    /// Samples that one call reads: far less than the 50 ms that a reader may take.
    private static let samplesRead: Int64 = 1000

    /// Shows the samples that ended after `from` and not after `to`, milliseconds since 1970, in
    /// their order.
    package func samples(
        _ grain: Sample.Grain, after from: Int64, through to: Int64, _ visit: (Sample) -> Void
    ) throws(StoreFailure) {
        do throws(SQLiteError) {
            let statement = try connection.prepare(
                """
                SELECT \(SampleColumns.list) FROM samples WHERE grain=? AND at>? AND at<=?
                    ORDER BY at LIMIT ?
                """)
            var from = from
            var count = Self.samplesRead
            while count == Self.samplesRead {
                count = 0
                for (place, value) in [grain.rawValue, from, to, Self.samplesRead].enumerated() {
                    statement.bind(Int32(place) + 1, value)
                }
                defer { statement.reset() }
                while try statement.step() {
                    let sample = SampleColumns.sample(statement)
                    from = sample.at
                    count += 1
                    visit(sample)
                }
            }
        } catch {
            throw StoreFailure(error)
        }
    }
}
