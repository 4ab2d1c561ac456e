import Hub
import Wire

/// A pull as it was asked for, checked; its `start` still a position.
struct AskedPull {
    var request: PullRequest
    var start: Position?
    /// The hub that the client believes to talk to.
    var hub: String?

    init(wid: UInt32, body: RawSpan, zoneMinutes: Int, wall: Int64) throws(Problem) {
        var members = try MemberReader(body)
        request = PullRequest(wid: wid)
        let index: ClosedRange<Int64> = 0...Limits.integer
        request.limit = Int(
            members.integer("limit", 1...Int64(Limits.pullMessages)) ?? Int64(Limits.pullDefault))
        request.waitSeconds = members.integer("wait", 0...Limits.waitSeconds) ?? 0
        request.commit = members.integer("commit", index)
        request.after = members.integer("after", index)
        request.session = members.session()
        request.takeOver = members.boolean("takeOver") ?? false
        request.lease = members.integer("lease", Limits.leaseSeconds) ?? Limits.leaseSecondsDefault
        request.topics = Self.patterns(&members)
        request.coalesce = Self.mode(&members)
        request.autocommit = members.boolean("autocommit") ?? false
        request.maxBytes = Int(
            members.integer("maxBytes", 1...Int64(Limits.pullBytes))
                ?? Int64(Limits.pullBytesDefault))
        start = members.position("start", zoneMinutes: zoneMinutes)
        hub = members.text("hub", 1...128)
        request.client = members.object("client") { Self.client(&$0, wall: wall) }
        if request.autocommit, request.after != nil {
            members.note("after", "cannot stand beside autocommit: nothing would keep its place")
        }
        if request.takeOver, request.session == nil {
            members.note("takeOver", "needs a session to take over with")
        }
        try members.finish()
    }

    private static func patterns(_ members: inout MemberReader) -> [TopicPattern] {
        guard let texts = members.texts("topics", atMost: Limits.patterns) else { return [] }
        let patterns = texts.map { TopicPattern($0) }
        for (place, pattern) in patterns.enumerated() where !pattern.isValid {
            members.note(
                "topics/\(place)",
                "must be 1 to \(Limits.topicBytes) characters of A-Z a-z 0-9 _ . - and *")
        }
        return patterns
    }

    private static func mode(_ members: inout MemberReader) -> Coalescer.Mode {
        guard let value = members.value("coalesce") else { return .off }
        switch (value.boolean, value.text) {
        case (false, _): return .off
        case (true, _), (_, "key"): return .perKey
        case (_, "adjacent"): return .adjacent
        default:
            members.note("coalesce", "must be true, false, \"key\" or \"adjacent\"")
            return .off
        }
    }

    private static func client(_ members: inout MemberReader, wall: Int64) -> ClientInfo {
        var client = ClientInfo()
        let range = 0...Limits.clientTextBytes
        client.name = members.text("name", range) ?? ""
        client.version = members.text("version", range) ?? ""
        client.host = members.text("host", range) ?? ""
        if let text = members.text("time", range) {
            if let time = Timestamp.parse(text) {
                client.clockSkew = time - wall
            } else {
                members.note("time", "must be a time such as 2026-11-20T08:00:00Z (RFC 3339)")
            }
        }
        return client
    }
}
