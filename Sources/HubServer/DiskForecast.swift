package import Hub

/// How fast store and archive grow, from the samples of the last day.
package struct DiskForecast {
    /// The last sample of each quarter of an hour: when, and bytes.
    private var points: [(at: Int64, bytes: Int64)] = []

    /// Milliseconds between points, and of how far back they are.
    package static let step: Int64 = 900_000
    package static let range: Int64 = 86_400_000
    /// Fewer points, of three hours, tell too little.
    private static let leastPoints = 12
    /// Beyond it nobody knows.
    private static let farthest: Int64 = 3650 * 86_400_000

    package init() {}

    /// Adds the next sample.
    package mutating func add(_ sample: Sample) {
        let point = (at: sample.at, bytes: sample.storeBytes + sample.archiveBytes)
        if let last = points.last, last.at / Self.step == point.at / Self.step {
            points[points.count - 1] = point
        } else {
            points.append(point)
        }
    }

    /// Bytes a day; nil: too little is known.
    ///
    /// The median of the slopes between all pairs of points (Theil and Sen): one prune, or a batch
    /// of a million messages, does not sway it.
    package var growthPerDay: Int64? {
        guard points.count >= Self.leastPoints else { return nil }
        var slopes: [Double] = []
        slopes.reserveCapacity(points.count * (points.count - 1) / 2)
        for (place, point) in points.enumerated() {
            for later in points[(place + 1)...] where later.at > point.at {
                slopes.append(Double(later.bytes - point.bytes) / Double(later.at - point.at))
            }
        }
        guard !slopes.isEmpty else { return nil }
        slopes.sort()
        return Int64((slopes[slopes.count / 2] * 86_400_000).rounded())
    }

    /// When no more than `limit` bytes are free, as it goes: milliseconds since 1970; nil: never,
    /// or nobody knows.
    package static func full(
        growthPerDay: Int64?, free: Int64, limit: Int64, now: Int64
    ) -> Int64? {
        guard let growthPerDay, growthPerDay > 0 else { return nil }
        let rest = Double(max(0, free - limit)) / Double(growthPerDay) * 86_400_000
        return rest < Double(farthest) ? now + Int64(rest) : nil
    }
}
