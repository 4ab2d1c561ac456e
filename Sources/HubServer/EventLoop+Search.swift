import Hub
import Platform
import Wire

/// What is asked of store and archive as a whole: checked here, answered by the admin reader, a
/// slice at a time.
extension EventLoop {
    /// `GET /v1/messages`
    func search(_ connection: Connection, _ query: inout QueryReader) throws(Problem) -> Look {
        let filter = MessageFilter(&query)
        let limit = query.integer("limit", 1...Int64(Limits.pullMessages))
        let start = query.integer("pageToken", 0...Limits.integer)
        let archived = query.word("archived", ["true", "false"]) != "false"
        let order = query.word("order", ["newest", "oldest"])
        try query.finish()
        guard connection.principal.maySearch(filter.wid) else {
            throw Problem(
                403, "forbidden", "This token searches its own wids, and 0: give `wid`.")
        }
        return .search(
            Search(
                query: MessageScan.Query(
                    filter: filter, order: order == "oldest" ? .oldest : .newest,
                    archived: archived, start: start),
                limit: Int(limit ?? Int64(Limits.pullDefault))))
    }

    /// `POST /v1/archive/…`
    func askArchive(
        _ connection: Connection, _ route: Route.Archive, _ bytes: RawSpan
    ) throws(Problem) {
        var members = try MemberReader(bytes)
        let ask: ArchiveAsk
        switch route {
        case .list:
            preconditionFailure("a list is asked for with GET")
        case .verify:
            let file = members.text("file", 1...Limits.fileNameBytes)
            let start = members.pageToken()
            try members.finish()
            ask = .verify(file: file, after: start ?? 0)
            if start ?? 0 == 0 { noteVerify(connection, file) }
        case .replay:
            if isStopping { throw .stopping }
            ask = .replay(try replay(&members))
        case .prune:
            if isStopping { throw .stopping }
            ask = .prune(try Self.prune(&members), by: actor(connection))
        }
        try post(connection, .archive(ask))
    }

    /// Nothing is changed by it, so nobody waits for its entry in the audit.
    private func noteVerify(_ connection: Connection, _ file: String?) {
        let detail: JSONValue = ["file": file.map { .text($0) } ?? .null]
        note(Deed(.archiveVerify, by: actor(connection), detail: detail.serialized()))
    }

    private func replay(_ members: inout MemberReader) throws(Problem) -> Replay {
        let filter = members.object("filter") { MessageFilter(stretchOf: &$0) }
        let wid = members.integer("wid", 1...Limits.wid)
        let isDry = members.boolean("dryRun") ?? false
        let id = members.version7("id")
        let start = members.pageToken()
        if members.mistakes.count == 0 {
            if filter == nil { members.note("filter", "is missing: {} is all messages") }
            if wid == nil { members.note("wid", "is missing") }
            if id == nil, !isDry {
                members.note("id", "is missing: it keeps a retry from storing anything twice")
            }
        }
        try members.finish()
        return Replay(
            filter: filter!, wid: UInt32(wid!), id: id.map { ReplayID(id: $0) }, isDry: isDry,
            start: start)
    }

    private static func prune(_ members: inout MemberReader) throws(Problem) -> Prune {
        let before = members.value("before").map { value -> Prune.Before? in
            if let index = value.integer.map({ Int64($0) }) {
                return (0...Limits.integer).contains(index) ? .index(index) : nil
            }
            return value.text.flatMap { Timestamp.parse($0) }.map { .time($0) }
        }
        let isDry = members.boolean("dryRun") ?? false
        switch before {
        case nil: if members.mistakes.count == 0 { members.note("before", "is missing") }
        case .some(nil):
            members.note("before", "must be an index, or a time such as 2026-11-20T08:00:00Z")
        default: break
        }
        try members.finish()
        return Prune(before: before!!, isDry: isDry)
    }

    // MARK: Copies

    /// The admin reader has made a replay's copies: they are stored, all or none.
    func store(_ copies: WriteBatch, _ connection: Connection, _ begun: [UInt8]) {
        do throws(Problem) {
            try checkRoom()
        } catch {
            return refuse(connection, error)
        }
        copies.publishes.append(
            WriteBatch.Publish(
                call: connection.token.rawValue, messages: copies.messages.indices))
        let wid = copies.messages.first?.wid
        let detail: JSONValue = ["messages": .number(String(copies.messages.count))]
        let deed = Deed(
            .archiveReplay, by: actor(connection), wid: wid, detail: detail.serialized())
        copies.deeds = [.init(deed, .publish(copies.publishes.count - 1))]
        connection.call = .replay(begun: begun)
        KillPoint.pass("replay.copied")
        post(copies)
    }

    /// The copies are on disk.
    func answerReplay(
        _ connection: Connection, _ begun: [UInt8], _ copies: ArraySlice<WriteBatch.Message>,
        fresh: Int
    ) {
        KillPoint.pass("replay.stored")
        body.removeAll()
        body.append(begun.span.bytes)
        body.append(",\"copies\":{\"firstIndex\":")
        body.append(decimal: copies.map(\.index).min() ?? 0)
        body.append(",\"lastIndex\":")
        body.append(decimal: copies.map(\.index).max() ?? 0)
        body.append(",\"duplicates\":")
        body.append(decimal: copies.count - fresh)
        body.append("}}")
        answerBody(connection)
    }
}
