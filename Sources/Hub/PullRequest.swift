/// What one pull asks for, checked: every member is in its range.
package struct PullRequest: Sendable {
    package var wid: UInt32
    package var limit = Limits.pullDefault
    package var waitSeconds: Int64 = 0
    package var commit: Int64?
    package var after: Int64?
    package var session: SessionName?
    package var takeOver = false
    package var lease = Limits.leaseSecondsDefault
    package var topics: [TopicPattern] = []
    package var coalesce = Coalescer.Mode.off
    package var autocommit = false
    package var maxBytes = Limits.pullBytesDefault
    /// The position a first pull begins behind, already resolved to an index.
    package var start: Int64 = 0
    package var client: ClientInfo?

    package init(wid: UInt32) {
        self.wid = wid
    }
}

/// What a client tells of itself in a pull.
package struct ClientInfo: Equatable, Sendable {
    package var name = ""
    package var version = ""
    package var host = ""
    /// Milliseconds that the client's clock is ahead of the hub's; nil when it did not tell.
    package var clockSkew: Int64?

    package init() {}
}
