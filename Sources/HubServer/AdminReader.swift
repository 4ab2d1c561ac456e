import Archive
import Hub
import Platform
import Wire

/// The thread that looks: lists, journeys, metrics. Slow or many, they hold up no loop.
///
/// It also notices, once a second, that tokens were made or revoked.
final class AdminReader {
    let hub: HubState
    let pages: PageReader
    let scan: MessageScan
    let check: ArchiveCheck
    var files: ArchiveFiles
    private let tokens: TokenFile
    private var tokensVersion: Int64
    private var requests: [LookRequest] = []
    var output = ByteBuffer(capacity: 64 * 1024)

    init(hub: HubState, reader: any StoreReader, tokens: TokenFile) throws(TokenFile.Failure) {
        self.hub = hub
        self.tokens = tokens
        tokensVersion = try tokens.version()
        pages = PageReader(reader: reader, topics: KnownTopics(hub.topics))
        let archive = ArchiveReader(folder: hub.configuration.data + "/archive")
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
            for request in requests { answer(request) }
            if isLast { return }
            refreshTokens()
        }
    }

    private func refreshTokens() {
        do throws(TokenFile.Failure) {
            let version = try tokens.version()
            guard version != tokensVersion else { return }
            let authority = try tokens.authority(isLocal: hub.configuration.listen.isLoopback)
            tokensVersion = version
            hub.authority.replace(authority)
            hub.log.info("the tokens have changed")
            if authority.isEmpty, !authority.isOpen {
                hub.log.warning("the last token is gone: nobody may do anything until one is made")
            }
        } catch {
            hub.log.error("the tokens cannot be read, they stay as they were: \(error)")
        }
    }

    private func answer(_ request: LookRequest) {
        output.removeAll()
        let result: Result<LookAnswer.Body, Problem>
        do throws(Problem) {
            var copies: WriteBatch?
            let type = try look(request, &copies)
            let bytes = output.withUnsafeBytes { Array($0) }
            result = .success(
                LookAnswer.Body(contentType: type, bytes: bytes, copies: copies))
        } catch {
            result = .failure(error)
        }
        _ = hub.loops[request.loop].post(.answer(LookAnswer(call: request.call, result)))
        output.removeAll()
        output.shrink(to: 1 << 20)
    }

    /// Writes the answer; answers its type.
    ///
    /// - Parameter copies: gets those of a replay.
    private func look(
        _ request: LookRequest, _ copies: inout WriteBatch?
    ) throws(Problem) -> StaticString {
        switch request.look {
        case .warehouses(let after, let limit): try writeWarehouses(after: after, limit: limit)
        case .warehouse(let wid): try writeWarehouse(wid)
        case .line(let wid, let after, let query): try writeLine(wid, after: after, query)
        case .message(let name, let principal, let wid, let after, let limit):
            try writeMessage(name, principal, wid: wid, after: after, limit: limit)
        case .search(let search): try writeSearch(search)
        case .archive(.list(let after, let limit)): try writeArchive(after: after, limit: limit)
        case .archive(.verify(let file, let after)): try writeVerify(file: file, after: after)
        case .archive(.replay(let replay)):
            copies = try writeReplay(replay, loop: request.loop)
        case .topics: writeTopics()
        case .metrics:
            MetricsPage(hub: hub).append(to: &output)
            return "text/plain; version=0.0.4; charset=utf-8"
        }
        return "application/json"
    }

    // MARK: Warehouses

    private func writeWarehouses(after: UInt32?, limit: Int) throws(Problem) {
        let warehouses = hub.warehouses.list(after: after, limit: limit + 1)
        output.append("{\"head\":")
        output.append(decimal: hub.lines.head)
        output.append(",\"warehouses\":[")
        for (place, warehouse) in warehouses.prefix(limit).enumerated() {
            if place > 0 { output.append(",") }
            try write(warehouse)
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

    private func write(_ warehouse: Warehouse) throws(Problem) {
        let line = hub.lines.line(of: warehouse.wid)
        let now = MonotonicClock.now()
        let sight = WarehouseSight(
            warehouse, line: line, lagSeconds: try lagSeconds(warehouse, line), now: now,
            wall: hub.clock.nowMilliseconds())
        sight.json.append(to: &output)
    }

    private func lagSeconds(
        _ warehouse: Warehouse, _ line: Line
    ) throws(Problem) -> Int64 {
        guard !warehouse.isRetired, let oldest = line.first(after: warehouse.committed) else {
            return 0
        }
        do throws(StoreFailure) {
            let created = try pages.created(of: oldest)
            return max(0, hub.clock.nowMilliseconds() - created) / 1000
        } catch {
            throw unreadable(error)
        }
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
        do throws(StoreFailure) {
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

    // MARK: Messages

    private func writeMessage(
        _ name: MessageName, _ principal: Principal, wid: UInt32?, after: UInt32?, limit: Int
    ) throws(Problem) {
        do throws(ReadFailure) {
            let message = try appendMessage(name, principal)
            guard let message else {
                throw ReadFailure.gone(oldest: 0)
            }
        } catch {
        }
    }

    /// For each warehouse that must consume the message, how far it has got.
    private func writeJourney(
        _ index: Int64, _ owner: UInt32, created: Int64, _ principal: Principal, wid: UInt32?,
        after: UInt32?, limit: Int
    ) throws(StoreFailure) {
        let all = readers(of: owner, principal, wid: wid, after: after, limit: limit + 1)
        output.append("[")
        for (place, warehouse) in all.prefix(limit).enumerated() {
            if place > 0 { output.append(",") }
            // History is only asked where it has an answer.
            let journey =
                max(warehouse.delivered, warehouse.committed) < index
                ? Journey()
                : try pages.reader.journey(of: index, wid: warehouse.wid, since: created)
            JourneySight(warehouse, index: index, journey).json.append(to: &output)
        }
        output.append("],\"nextPageToken\":")
        output.append(all.count > limit ? "\"\(all[limit - 1].wid)\"" : "null")
    }

    private func readers(
        of owner: UInt32, _ principal: Principal, wid: UInt32?, after: UInt32?, limit: Int
    ) -> [Warehouse] {
        if owner != 0 {
            guard wid == nil || wid == owner, after == nil || after! < owner else { return [] }
            return [hub.warehouses[owner] ?? Warehouse(wid: owner)]
        }
        if let wid {
            return principal.maySee(wid) ? [hub.warehouses[wid] ?? Warehouse(wid: wid)] : []
        }
        if case .warehouse(let wids) = principal {
            return wids.sorted().filter { $0 > after ?? 0 }.prefix(limit).map {
                hub.warehouses[$0] ?? Warehouse(wid: $0)
            }
        }
        return hub.warehouses.list(after: after, limit: limit)
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
