/// Counts durations in buckets that grow with them: 64 to each doubling, so that whatever is read
/// from it is off by less than 1.6 %. Recording is a few instructions and allocates nothing.
struct Histogram: Sendable {
    private static let subBits = 6
    private var counts = [UInt64](repeating: 0, count: (64 - subBits) << subBits + 1 << subBits)
    private(set) var count: UInt64 = 0
    private(set) var max: UInt64 = 0

    /// Adds one duration, in nanoseconds.
    mutating func record(_ nanoseconds: UInt64) {
        counts[Self.bucket(nanoseconds)] += 1
        count += 1
        if nanoseconds > max { max = nanoseconds }
    }

    /// Adds what another one has counted.
    mutating func merge(_ other: Histogram) {
        for (bucket, number) in other.counts.enumerated() { counts[bucket] += number }
        count += other.count
        max = Swift.max(max, other.max)
    }

    /// The duration that `share` of all did not exceed, in nanoseconds; 0 where there are none.
    func quantile(_ share: Double) -> UInt64 {
        let wanted = UInt64((Double(count) * share).rounded(.up))
        var seen: UInt64 = 0
        for (bucket, number) in counts.enumerated() {
            seen += number
            if seen >= wanted, number > 0 { return min(max, Self.upperBound(bucket)) }
        }
        return 0
    }

    /// Below 64 a bucket each; above, the leading seven bits and how far they were shifted.
    static func bucket(_ value: UInt64) -> Int {
        let shift = Swift.max(0, 63 - subBits - (value | 1).leadingZeroBitCount)
        return shift << subBits + Int(value >> UInt64(shift))
    }

    /// The largest value that falls into the bucket.
    static func upperBound(_ bucket: Int) -> UInt64 {
        guard bucket >= 2 << subBits else { return UInt64(bucket) }
        let shift = bucket >> subBits - 1
        let leading = UInt64(bucket - shift << subBits)
        return leading << UInt64(shift) + (1 << UInt64(shift) - 1)
    }
}
