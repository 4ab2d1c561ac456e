package import Hub

/// Samples of a range, added up to as many points as a chart can show.
///
/// Times of which there is no sample, because the hub was down, have no point.
package struct SampleChart {
    package let grain: Sample.Grain
    /// Milliseconds that a point stands for.
    package let step: Int64
    package private(set) var points: [Sample] = []
    /// Samples are shown as they are: they are no closer than the points.
    private let isPlain: Bool

    /// Points of one answer, or one more where the range begins within a point.
    package static let mostPoints: Int64 = 360
    /// Longer ranges are made of coarse samples, which a week has ten thousand of.
    private static let fineRange: Int64 = 3_600_000

    /// - Parameters:
    ///   - milliseconds: how long the range is.
    ///   - age: how far before now it begins.
    ///   - sampling: how far apart samples are.
    package init(milliseconds: Int64, age: Int64, sampling: Sampling) {
        let isFine =
            milliseconds <= Self.fineRange && age <= Sample.Grain.fine.kept - Self.fineRange
        grain = isFine ? .fine : .coarse
        let apart = isFine ? sampling.step : sampling.step * Int64(sampling.perFlush)
        let steps = (milliseconds + Self.mostPoints * apart - 1) / (Self.mostPoints * apart)
        step = apart * max(1, steps)
        isPlain = steps <= 1
    }

    /// Adds the next sample.
    package mutating func add(_ sample: Sample) {
        if !isPlain, let last = points.last, (last.at - 1) / step == (sample.at - 1) / step {
            points[points.count - 1].add(sample)
        } else {
            points.append(sample)
        }
    }
}
