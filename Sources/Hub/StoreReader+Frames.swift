extension StoreReader {
    /// The newest frame at or below `border` that begins with a message created before `time`
    /// (milliseconds since 1970); nil: there is none, or it was pruned. What came before it is
    /// older, for frames rise with time as with the index.
    ///
    /// Costs as many reads as the border has bits.
    package func frame(
        begunBefore time: Int64, through border: Int64
    ) throws(StoreFailure) -> ArchivedFrame? {
        var (low, high) = (Int64(0), border)
        var found: ArchivedFrame?
        while low < high {
            let middle = low + (high - low + 1) / 2
            guard let frame = try frame(holding: middle) else {
                low = try lastPruned(from: middle, through: border)
                continue
            }
            if frame.created.lowerBound < time {
                found = frame
                low = frame.last
            } else {
                high = frame.first - 1
            }
        }
        return found
    }

    /// The message before the oldest frame, which `index` is one of the pruned ones before.
    private func lastPruned(
        from index: Int64, through border: Int64
    ) throws(StoreFailure) -> Int64 {
        let oldest = try frames(from: 1, limit: 1).first?.first ?? border + 1
        guard oldest > index else {
            throw .damaged("no frame of the archive holds message \(index)")
        }
        return oldest - 1
    }
}
