import Hub
import Platform
import Wire

/// What changes one warehouse from outside its pulls: commits, releases, and an operator's hands.
extension EventLoop {
    func operate(
        _ connection: Connection, _ operation: Route.Operation, _ wid: UInt32, _ bytes: RawSpan
    ) throws(Problem) {
        if isStopping { throw .stopping }
        var members = try MemberReader(bytes)
        switch operation {
        case .commit:
            let index = members.integer("index", 0...Limits.integer)
            let session = members.session()
            if index == nil, members.mistakes.count == 0 { members.note("index", "is missing") }
            try members.finish()
            begin(connection, operation, wid, .commit(index!, session: session))
        case .release:
            let session = members.session()
            try members.finish()
            begin(connection, operation, wid, .release(session: session))
        case .seek:
            try seek(connection, wid, &members)
        case .pause, .resume:
            try members.finish()
            begin(connection, operation, wid, .pause(operation == .pause))
        case .retire, .revive:
            try members.finish()
            begin(connection, operation, wid, .retire(operation == .retire))
        case .describe:
            let name = members.text("name", 0...Limits.clientTextBytes)
            let every = members.integer("expectEverySeconds", 0...31_536_000)
            try members.finish()
            begin(
                connection, operation, wid, .describe(name: name, expectEverySeconds: every))
        }
    }

    private func begin(
        _ connection: Connection, _ operation: Route.Operation, _ wid: UInt32,
        _ change: Warehouse.Change, from: Int64 = 0
    ) {
        connection.call = .operate(operation, from: from)
        self.change(connection, wid, change)
    }

    private func seek(
        _ connection: Connection, _ wid: UInt32, _ members: inout MemberReader
    ) throws(Problem) {
        let to = members.position("to", zoneMinutes: hub.configuration.legacyZoneMinutes)
        let isDry = members.boolean("dryRun") ?? false
        if to == nil, members.mistakes.count == 0 { members.note("to", "is missing") }
        try members.finish()
        guard let warehouse = hub.warehouses[wid] else {
            throw Problem(.unknownWarehouse, wid: wid, wall: wall)
        }
        let target = try to!.resolve(
            head: hub.lines.head, ids: hub.ids, reader: pages.reader)
        if isDry {
            writeSeek(wid, from: warehouse.committed, to: target)
            return answerBody(connection)
        }
        begin(connection, .seek, wid, .seek(to: target), from: warehouse.committed)
    }

    /// The writer has answered: tell the client.
    func operated(
        _ connection: Connection, _ operation: Route.Operation, _ from: Int64,
        _ change: WriteBatch.Change
    ) {
        switch change.outcome {
        case .done(let warehouse):
            write(operation, from, warehouse)
            answerBody(connection)
        case .refused(let refusal):
            refuse(connection, Problem(refusal, wid: change.wid, wall: wall))
        case .failed(let failure):
            refuse(connection, Problem(failure))
        case .pending:
            preconditionFailure("the writer answers every change")
        }
    }

    private func write(_ operation: Route.Operation, _ from: Int64, _ warehouse: Warehouse) {
        body.removeAll()
        switch operation {
        case .commit:
            body.append("{\"committed\":")
            body.append(decimal: warehouse.committed)
            body.append("}")
        case .seek:
            writeSeek(warehouse.wid, from: from, to: warehouse.committed)
        case .release:
            body.append("{\"wid\":")
            body.append(decimal: UInt64(warehouse.wid))
            body.append(",\"released\":true}")
        case .pause, .resume, .retire, .revive, .describe:
            let value: JSONValue = [
                "wid": .number(String(warehouse.wid)), "name": .text(warehouse.name),
                "expectEverySeconds": .number(String(warehouse.expectEverySeconds)),
                "paused": .boolean(warehouse.isPaused), "retired": .boolean(warehouse.isRetired),
                "committed": .number(String(warehouse.committed)),
            ]
            value.append(to: &body)
        }
    }

    private func writeSeek(_ wid: UInt32, from: Int64, to: Int64) {
        let line = hub.lines.line(of: wid)
        let moved = line.ordinal(through: to) - line.ordinal(through: from)
        body.removeAll()
        body.append("{\"from\":")
        body.append(decimal: from)
        body.append(",\"to\":")
        body.append(decimal: to)
        body.append(",\"messages\":")
        body.append(decimal: abs(moved))
        body.append(",\"direction\":\"")
        body.append(to < from ? "back" : to > from ? "forward" : "none")
        body.append("\"}")
    }
}
