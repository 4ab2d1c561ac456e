import Archive
import Hub
import HubSQLite
import Platform
import Wire

/// The thread that looks: lists, journeys, metrics. Slow or many, they hold up no loop.
final class AdminReader {
    let hub: HubState
    let pages: PageReader
    let scan: MessageScan
    let check: ArchiveCheck
    var files: ArchiveFiles
    /// What only this store tells: its history of figures and positions.
    let charts: SQLiteReader
    private let archived: ArchivedLines
    private var requests: [LookRequest] = []
    var output = ByteBuffer(capacity: 64 * 1024)

    init(hub: HubState, reader: SQLiteReader) {
        self.hub = hub
        charts = reader
        let topics = KnownTopics(hub.topics)
        let archive = ArchiveReader(folder: hub.configuration.archive)
        archived = ArchivedLines(reader: reader, archive: archive, topics: topics)
        pages = PageReader(reader: reader, topics: topics, archived: archived)
        scan = MessageScan(hub: hub, reader: reader, archive: archive)
        check = ArchiveCheck(reader: reader, archive: archive)
        files = ArchiveFiles(reader: reader, archive: archive)
    }

    /// Runs until the mailbox is closed.
    func run() {
        while true {
            let isLast = hub.looks.isClosed
            if !isLast { hub.looks.wait(milliseconds: 1000) }
            hub.looks.drain(into: &requests)
            for request in requests {
                hub.epochs.readers[hub.configuration.loops].reading { answer(request) }
            }
            if isLast { return }
            // Nobody has asked for a while.
            if requests.isEmpty { archived.archive.removeAll() }
        }
    }

    private func answer(_ request: LookRequest) {
        output.removeAll()
        let result: Result<LookAnswer.Body, Problem>
        do throws(Problem) {
            var rest = Rest.none
            let type = try look(request, &rest)
            var body = LookAnswer.Body(
                contentType: type, bytes: output.withUnsafeBytes { Array($0) })
            if case .copies(let copies) = rest { body.copies = copies }
            if case .orders(let letters) = rest { body.letters = letters }
            if case .prune(let frame, let actor) = rest {
                let detail: JSONValue = ["through": .number(String(frame.last))]
                let deed = Deed(.archivePrune, by: actor, detail: detail.serialized())
                let answer = LookAnswer(call: request.call, .success(body))
                let order = PruneOrder(
                    frame: frame, deed: deed, loop: request.loop, answer: answer)
                guard !hub.archiver.post(.prune(order)) else { return }
                throw .stopping
            }
            result = .success(body)
        } catch {
            result = .failure(error)
        }
        _ = hub.loops[request.loop].post(.answer(LookAnswer(call: request.call, result)))
        output.removeAll()
        output.shrink(to: 1 << 20)
    }

    /// What another thread does before the answer goes out.
    enum Rest {
        case none
        /// The copies of a replay are stored.
        case copies(WriteBatch)
        /// These letters are ordered something.
        case orders(FoundLetters)
        /// The archive is pruned up to this frame.
        case prune(ArchivedFrame, by: Deed.Actor)
    }

    /// Writes the answer; answers its type.
    private func look(
        _ request: LookRequest, _ rest: inout Rest
    ) throws(Problem) -> StaticString {
        switch request.look {
        case .warehouses(let after, let limit, let withTrend):
            try writeWarehouses(after: after, limit: limit, withTrend: withTrend)
        case .warehouse(let wid): try writeWarehouse(wid)
        case .history(let wid, let range): try writeHistory(wid, range)
        case .line(let wid, let after, let query): try writeLine(wid, after: after, query)
        case .message(let name, let principal, let wid, let after, let limit):
            try writeMessage(name, principal, wid: wid, after: after, limit: limit)
        case .search(let search): try writeSearch(search)
        case .archive(.list(let after, let limit)): try writeArchive(after: after, limit: limit)
        case .archive(.verify(let file, let after)): try writeVerify(file: file, after: after)
        case .archive(.replay(let replay)):
            if let copies = try writeReplay(replay, loop: request.loop) { rest = .copies(copies) }
        case .archive(.prune(let prune, let actor)):
            if let frame = try writePrune(prune) { rest = .prune(frame, by: actor) }
        case .letters(let ask): try write(ask, &rest)
        case .topics: writeTopics()
        case .audit(let filter, let before, let limit):
            try writeAudit(filter, before: before, limit: limit)
        case .stats(let range): try writeStats(range)
        case .metrics:
            MetricsPage(hub: hub).append(to: &output)
            return "text/plain; version=0.0.4; charset=utf-8"
        }
        return "application/json"
    }

    // MARK: Warehouses

    private func writeWarehouses(
        after: UInt32?, limit: Int, withTrend: Bool
    ) throws(Problem) {
        let warehouses = hub.warehouses.list(after: after, limit: limit + 1)
        output.append("{\"head\":")
        output.append(decimal: hub.lines.head)
        output.append(",\"warehouses\":[")
        for (place, warehouse) in warehouses.prefix(limit).enumerated() {
            if place > 0 { output.append(",") }
            try write(warehouse, trend: withTrend ? hub.trends[warehouse.wid] : nil)
        }
        output.append("],\"nextPageToken\":")
        if warehouses.count > limit {
            output.append("\"\(warehouses[limit - 1].wid)\"}")
        } else {
            output.append("null}")
        }
    }

    private func writeWarehouse(_ wid: UInt32) throws(Problem) {
        guard let warehouse = hub.warehouses[wid] else {
            throw Problem(.unknownWarehouse, wid: wid, wall: 0)
        }
        try write(warehouse)
    }

    private func write(_ warehouse: Warehouse, trend: [UInt32]? = nil) throws(Problem) {
        let line = hub.lines.line(of: warehouse.wid)
        let now = MonotonicClock.now()
        let sight = WarehouseSight(
            warehouse, line: line, lag: try lag(warehouse, line),
            position: PositionState(
                line, committed: warehouse.committed,
                leavingThrough: hub.metrics.archive.leavingThrough),
            now: now, wall: hub.clock.nowMilliseconds())
        (trend.map { sight.json(trend: $0) } ?? sight.json).append(to: &output)
    }

    /// How far behind the warehouse is, in the store or in the archive.
    private func lag(_ warehouse: Warehouse, _ line: Line) throws(Problem) -> WarehouseSight.Lag {
        let committed = warehouse.committed
        guard !warehouse.isRetired else { return .none }
        do throws(ReadFailure) {
            if line.isArchived(after: committed) {
                return WarehouseSight.Lag(
                    messages: line.count - (try archived.ordinal(of: line, through: committed)),
                    seconds: age(try archived.firstCreated(of: line, after: committed)))
            }
            let created = try ReadFailure.store { () throws(StoreFailure) in
                try line.first(after: committed).map { (oldest) throws(StoreFailure) in
                    try pages.created(of: oldest)
                }
            }
            return WarehouseSight.Lag(
                messages: line.count - line.ordinal(through: committed), seconds: age(created))
        } catch .gone {
            // What it needs is gone: at least this much is left.
            return WarehouseSight.Lag(
                messages: line.count - line.ordinal(through: committed),
                seconds: age(hub.lines.borderTime))
        } catch {
            throw unreadable(error)
        }
    }

    private func age(_ created: Int64?) -> Int64 {
        created.map { max(0, hub.clock.nowMilliseconds() - $0) / 1000 } ?? 0
    }

    func unreadable(_ failure: StoreFailure) -> Problem {
        hub.log.error("the store cannot be read: \(failure)")
        return Problem(failure)
    }

    private func writeLine(
        _ wid: UInt32, after: Int64?, _ query: PageReader.Query
    ) throws(Problem) {
        let from = after ?? hub.warehouses[wid]?.committed ?? 0
        let line = hub.lines.line(of: wid)
        guard from <= line.head else { throw .positionAhead(line.head) }
        output.append("{\"wid\":")
        output.append(decimal: UInt64(wid))
        output.append(",\"messages\":")
        do throws(ReadFailure) {
            let page = try pages.read(query, from: from, line: line, into: &output)
            output.append(",\"next\":")
            output.append(decimal: page.next)
            output.append(page.more ? ",\"more\":true" : ",\"more\":false")
            output.append(",\"head\":")
            output.append(decimal: line.head)
            output.append("}")
        } catch {
            throw unreadable(error)
        }
    }

    func unreadable(_ failure: ReadFailure) -> Problem {
        if let report = failure.report { hub.log.error(report) }
        return Problem(failure, head: hub.lines.head)
    }

    // MARK: Topics

    private func writeTopics() {
        let topics = hub.topics.all.filter { $0.count > 0 }.sorted { $0.name < $1.name }
        let values = topics.map { topic -> JSONValue in
            [
                "topic": .text(topic.name), "count": .number(String(topic.count)),
                "lastIndex": .number(String(topic.lastIndex)),
                "lastCreated": .time(topic.lastCreated),
            ]
        }
        let page: JSONValue = ["topics": .array(values)]
        page.append(to: &output)
    }
}
