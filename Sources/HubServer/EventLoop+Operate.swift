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
            note(operation == .pause ? .pause : .resume, connection, wid)
        case .retire, .revive:
            try members.finish()
            begin(connection, operation, wid, .retire(operation == .retire))
            note(operation == .retire ? .retire : .revive, connection, wid)
        case .takeOver:
            try members.finish()
            let holder = hub.warehouses[wid]?.holder
            begin(connection, operation, wid, .takeOver)
            note(
                .takeOver, connection, wid, ["former": holder.map { .text($0.text) } ?? .null])
        case .describe:
            let name = members.text("name", 0...Limits.clientTextBytes)
            let every = members.integer("expectEverySeconds", 0...31_536_000)
            try members.finish()
            begin(
                connection, operation, wid, .describe(name: name, expectEverySeconds: every))
            note(
                .describe, connection, wid,
                [
                    "name": name.map { .text($0) } ?? .null,
                    "expectEverySeconds": every.map { .number(String($0)) } ?? .null,
                ])
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
        guard hub.warehouses[wid] != nil else {
            throw Problem(.unknownWarehouse, wid: wid, wall: wall)
        }
        guard let target = try resolve(to!, connection) else {
            connection.call = .seek(wid: wid, isDry: isDry)
            return try ask(connection, question(to!, connection))
        }
        try seek(connection, wid, to: target, isDry: isDry)
    }

    /// Moves the warehouse to where it is known to go, or tells what that would mean.
    func seek(
        _ connection: Connection, _ wid: UInt32, to target: Int64, isDry: Bool
    ) throws(Problem) {
        guard let warehouse = hub.warehouses[wid] else {
            throw Problem(.unknownWarehouse, wid: wid, wall: wall)
        }
        if isDry {
            try tellSeek(connection, wid, from: warehouse.committed, to: target)
        } else {
            begin(connection, .seek, wid, .seek(to: target), from: warehouse.committed)
            note(
                .seek, connection, wid,
                [
                    "from": .number(String(warehouse.committed)), "to": .number(String(target)),
                ])
        }
    }

    /// The writer has answered: tell the client.
    func operated(
        _ connection: Connection, _ operation: Route.Operation, _ from: Int64,
        _ change: WriteBatch.Change
    ) {
        switch change.outcome {
        case .done(let warehouse):
            if case .seek = operation {
                do throws(Problem) {
                    try tellSeek(
                        connection, warehouse.wid, from: from, to: warehouse.committed)
                } catch {
                    refuse(connection, error)
                }
            } else {
                write(operation, warehouse)
                answerBody(connection)
            }
        case .refused(let refusal):
            refuse(connection, Problem(refusal, wid: change.wid, wall: wall))
        case .failed(let failure):
            refuse(connection, Problem(failure))
        case .pending:
            preconditionFailure("the writer answers every change")
        }
    }

    private func write(_ operation: Route.Operation, _ warehouse: Warehouse) {
        body.removeAll()
        switch operation {
        case .commit:
            body.append("{\"committed\":")
            body.append(decimal: warehouse.committed)
            body.append("}")
        case .seek:
            preconditionFailure("told by `tellSeek`")
        case .takeOver:
            let former = warehouse.holder == .operator ? warehouse.formerHolders.last : nil
            let value: JSONValue = [
                "wid": .number(String(warehouse.wid)),
                "former": former.map { .text($0.text) } ?? .null,
            ]
            value.append(to: &body)
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

    /// Answers a seek: what lies between its ends, which the desk counts where it is archived.
    private func tellSeek(
        _ connection: Connection, _ wid: UInt32, from: Int64, to: Int64
    ) throws(Problem) {
        let line = hub.lines.line(of: wid)
        if line.isArchived(after: min(from, to)) {
            connection.call = .counted(from: from, to: to)
            let call = connection.token
            return try ask(
                connection, .distance(loop: number, call: call, wid: wid, from: from, to: to))
        }
        let moved = line.ordinal(through: to) - line.ordinal(through: from)
        writeSeek(from: from, to: to, messages: moved)
        answerBody(connection)
    }

    /// - Parameter messages: nil: it cannot be told.
    func writeSeek(from: Int64, to: Int64, messages: Int64?) {
        body.removeAll()
        body.append("{\"from\":")
        body.append(decimal: from)
        body.append(",\"to\":")
        body.append(decimal: to)
        body.append(",\"messages\":")
        if let messages { body.append(decimal: abs(messages)) } else { body.append("null") }
        body.append(",\"direction\":\"")
        body.append(to < from ? "back" : to > from ? "forward" : "none")
        body.append("\"}")
    }
}
