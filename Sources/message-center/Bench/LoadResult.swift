/// What one kind of request came to.
struct LoadResult: Sendable {
    var latency = Histogram()
    var messages = 0
    var errors = 0
    /// The first answer that was no good, for the person who wonders.
    var firstError: String?

    mutating func merge(_ other: LoadResult) {
        latency.merge(other.latency)
        messages += other.messages
        errors += other.errors
        firstError = firstError ?? other.firstError
    }

    mutating func fail(_ why: @autoclosure () -> String) {
        errors += 1
        if firstError == nil { firstError = why() }
    }
}

/// An answer that ends a run: its status, and as much of its body as was kept.
struct FinalAnswer: Sendable {
    let status: Int
    let body: [UInt8]
}

/// What a run came to.
struct BenchResult: Sendable {
    var publish = LoadResult()
    var pull = LoadResult()
    /// The answer of a hub that does not know who asks: none will be another.
    var refusal: FinalAnswer?
    /// Connections that were lost and could not be made again.
    var lost = 0

    mutating func merge(_ other: BenchResult) {
        publish.merge(other.publish)
        pull.merge(other.pull)
        lost += other.lost
        refusal = refusal ?? other.refusal
    }
}
