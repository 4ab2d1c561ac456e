import Hub
import Platform
import Wire

/// One message, in the store or in the archive, and how far it has got.
extension AdminReader {
    /// `GET /v1/messages/{message}`
    func writeMessage(
        _ name: MessageName, _ principal: Principal, wid: UInt32?, after: UInt32?, limit: Int
    ) throws(Problem) {
        let isThere: Bool
        do throws(ReadFailure) {
            isThere = try appendMessage(name, principal, wid: wid, after: after, limit: limit)
        } catch {
            throw unreadable(error)
        }
        guard isThere else {
            throw Problem(404, "unknown_message", "No message of this hub has this name.")
        }
    }

    /// False: there is no such message, or none that this principal may see.
    private func appendMessage(
        _ name: MessageName, _ principal: Principal, wid: UInt32?, after: UInt32?, limit: Int
    ) throws(ReadFailure) -> Bool {
        guard let index = try find(name) else { return false }
        var (owner, created, id) = (UInt32(0), Int64(0), MessageID(high: 0, low: 0))
        var (isVisible, isTold) = (false, false)
        let place = try scan.show(index) { row in
            (owner, created, id) = (row.wid, row.created, row.id)
            isVisible = principal.maySee(row.wid)
            isTold = isVisible && appendMessage(row)
        }
        guard let place, isVisible else { return false }
        guard isTold else { throw .store(.damaged("message \(index) has no topic")) }
        append(place)
        output.append(",\"journey\":")
        try ReadFailure.store { () throws(StoreFailure) in
            try writeJourney(
                index, id, owner, created: created, principal, wid: wid, after: after, limit: limit)
        }
        output.append("}")
        return true
    }

    private func find(_ name: MessageName) throws(ReadFailure) -> Int64? {
        switch name {
        case .index(let index): index >= 1 && index <= hub.lines.head ? index : nil
        case .id(let id):
            try scan.index(of: id, deadline: MonotonicClock.now() + Self.sliceNanoseconds)
        }
    }

    /// For each warehouse that must consume the message, how far it has got.
    private func writeJourney(
        _ index: Int64, _ id: MessageID, _ owner: UInt32, created: Int64, _ principal: Principal,
        wid: UInt32?,
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
            let letter = try pages.reader.letter(of: id, wid: warehouse.wid)
            JourneySight(warehouse, index: index, journey, letter).json.append(to: &output)
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
}
