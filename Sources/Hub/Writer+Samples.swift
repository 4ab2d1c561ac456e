/// The history of the hub's figures.
extension Writer where S: SampleStore {
    /// Lets go of the history of positions before `second`, since 1970, with what `trim` deletes.
    package mutating func letGo(historyBefore second: Int64) {
        store.historyFloor = max(store.historyFloor, second)
    }

    /// Keeps samples in a transaction of their own, which is on disk with the next one that is
    /// synced: a crash loses a minute of charts at most.
    ///
    /// - Parameters:
    ///   - samples: as they were taken.
    ///   - sums: the same, added up to minutes.
    /// - Returns: why not; nothing of it is kept then.
    package mutating func keep(_ samples: [Sample], sums: [Sample]) -> StoreFailure? {
        do throws(StoreFailure) {
            try store.beginUnsynced()
            try store.keep(samples, .fine)
            try store.keep(sums, .coarse)
            try store.commit()
            return nil
        } catch {
            store.rollBack()
            return error
        }
    }
}
