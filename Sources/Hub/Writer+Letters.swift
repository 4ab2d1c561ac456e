/// Dead letters: what clients report of them and operators order, in the one order of the hub.
extension Writer {
    /// Does what one call asks for, in the open transaction.
    mutating func apply(
        _ batch: WriteBatch, letter place: Int, wall: Int64, lookup: Lookup
    ) throws(StoreFailure) {
        switch batch.letters[place].work {
        case .report(let wid, let report):
            batch.letters[place].outcome =
                switch try self.report(report, wid: wid, wall: wall, lookup: lookup) {
                case .success(let (letter, isNew)): .reported(letter, isNew: isNew)
                case .failure(let refusal): .refused(refusal)
                }
        case .reports(let wid, let reports):
            batch.letters[place].outcome = try self.report(
                reports, wid: wid, wall: wall, lookup: lookup)
        case .order(let action, let numbers):
            var results: [Result<DeadLetter, Refusal>] = []
            for number in numbers {
                results.append(try order(action, number, wall: wall, lookup: lookup))
            }
            batch.letters[place].outcome = .ordered(results)
        }
    }

    // MARK: Reports

    private mutating func report(
        _ report: LetterReport, wid: UInt32, wall: Int64, lookup: Lookup
    ) throws(StoreFailure) -> Result<(DeadLetter, isNew: Bool), Refusal> {
        guard var warehouse = pending[wid] ?? lookup(wid) else {
            return .failure(.unknownWarehouse)
        }
        guard !warehouse.isRetired else { return .failure(.retired) }
        let before = try store.letter(of: report.id, wid: wid)
        var letter =
            before ?? DeadLetter(report, number: lastLetter + 1, wid: wid, wall: wall)
        letter.apply(report, wall: wall)
        guard letter != before else { return .success((letter, isNew: false)) }
        let tray = LetterTray.with(warehouse.letters, before, changedTo: letter)
        guard Self.hasRoom(for: tray, instead: warehouse.letters) else {
            return .failure(.letterLimit)
        }
        try keep(letter, instead: before, body: report.body)
        warehouse.letters = tray
        pending[wid] = warehouse
        return .success((letter, isNew: before == nil))
    }

    /// Takes the reports one after another; where the warehouse is unknown or closed, none.
    private mutating func report(
        _ reports: [LetterReport], wid: UInt32, wall: Int64, lookup: Lookup
    ) throws(StoreFailure) -> LetterCall.Outcome {
        var results: [Result<DeadLetter, Refusal>] = []
        for report in reports {
            switch try self.report(report, wid: wid, wall: wall, lookup: lookup) {
            case .success(let (letter, _)): results.append(.success(letter))
            case .failure(.letterLimit): results.append(.failure(.letterLimit))
            case .failure(let refusal): return .refused(refusal)
            }
        }
        return .reportedAll(results)
    }

    /// What grows stays below the bounds; what shrinks may always.
    private static func hasRoom(for tray: LetterTray?, instead before: LetterTray?) -> Bool {
        guard let tray else { return true }
        let hasGrown =
            tray.count > before?.count ?? 0 || tray.bytes > before?.bytes ?? 0
        return !hasGrown
            || tray.count <= Limits.openLetters && tray.bytes <= Limits.openLetterBytes
    }

    private mutating func keep(
        _ letter: DeadLetter, instead before: DeadLetter?, body: [UInt8]?
    ) throws(StoreFailure) {
        try store.save(letter)
        lastLetter = max(lastLetter, letter.number)
        let bytesBefore = before?.bodyBytes ?? 0
        if letter.bodyBytes != bytesBefore {
            try store.save(body: letter.bodyBytes == 0 ? nil : body, ofLetter: letter.number)
        }
        if !letter.state.isOpen {
            try store.removeSettledLetters(of: letter.wid, butNewest: Limits.settledLetters)
        }
    }

    // MARK: Orders

    private mutating func order(
        _ action: DeadLetter.Action, _ number: Int64, wall: Int64, lookup: Lookup
    ) throws(StoreFailure) -> Result<DeadLetter, Refusal> {
        guard let before = try store.letter(number),
            var warehouse = pending[before.wid] ?? lookup(before.wid)
        else { return .failure(.unknownLetter) }
        // Nobody would carry it out.
        guard !warehouse.isRetired else { return .failure(.retired) }
        var letter = before
        do throws(Refusal) {
            try letter.order(action, wall: wall)
        } catch {
            return .failure(error)
        }
        guard letter != before else { return .success(letter) }
        orders += 1
        try store.save(letter)
        warehouse.letters = LetterTray.with(
            warehouse.letters, before, changedTo: letter, order: orders)
        pending[letter.wid] = warehouse
        return .success(letter)
    }
}
