import Hub
import HubSQLite
import SQLite
import TestSupport
import Testing

/// What every store does with dead letters.
@Suite("Every store keeps dead letters") struct LetterContractTests {
    private func letter(
        _ number: Int64, wid: UInt32 = 7, state: DeadLetter.State = .dead, settled: Int64 = 0,
        error: String = "no"
    ) -> DeadLetter {
        var letter = DeadLetter(
            number: number, wid: wid, id: .publishers(UInt64(number)), index: number + 100,
            topic: "A_Changed", key: number.isMultiple(of: 2) ? nil : "ключ \(number)",
            error: error, tries: 10, firstAt: 1, lastAt: 2, state: state,
            bodyBytes: state.isOpen ? 3 : 0, reported: 5)
        letter.died = 6
        letter.settled = settled
        return letter
    }

    private func save(_ letters: [DeadLetter], _ open: inout OpenStore) throws {
        try open.transaction { (store) throws(StoreFailure) in
            for letter in letters {
                try store.save(letter)
                let body = letter.bodyBytes > 0 ? Array("[1]".utf8) : nil
                try store.save(body: body, ofLetter: letter.number)
            }
        }
    }

    @Test(
        "Every field of a letter comes back, to the writer and to readers",
        arguments: StoreKind.allCases)
    func fields(kind: StoreKind) throws {
        var open = try Place(kind).open()
        var ordered = letter(3, wid: 2_147_483_647, error: "a\u{0}b")
        try ordered.order(.drop, wall: 9)
        let letters = [
            letter(1), letter(2, state: .superseded, settled: 8), ordered,
            letter(4, state: .parked, error: String(repeating: "ü", count: 8192)),
        ]
        try save(letters, &open)
        for letter in letters {
            #expect(try open.store.letter(letter.number) == letter)
            #expect(try open.store.letter(of: letter.id, wid: letter.wid) == letter)
            #expect(try open.reader.letter(letter.number) == letter)
            #expect(try open.reader.letter(of: letter.id, wid: letter.wid) == letter)
            #expect(
                try open.reader.body(ofLetter: letter.number).map {
                    String(decoding: $0, as: UTF8.self)
                }
                    == (letter.state.isOpen ? "[1]" : nil))
        }
        #expect(try open.store.letter(5) == nil)
        #expect(try open.store.letter(of: .publishers(1), wid: 8) == nil)
        #expect(try open.reader.letter(of: .publishers(5), wid: 7) == nil)
    }

    @Test("A letter that has changed is the same letter", arguments: StoreKind.allCases)
    func changed(kind: StoreKind) throws {
        var open = try Place(kind).open()
        try save([letter(1)], &open)
        var changed = letter(1)
        changed.error = "again"
        (changed.tries, changed.lastAt, changed.index) = (20, 30, 40)
        try changed.order(.retry, wall: 50)
        try save([changed], &open)
        #expect(try open.reader.letters(after: 0, wid: nil, limit: 9) == [changed])
    }

    @Test("Letters come by number, of all warehouses or of one", arguments: StoreKind.allCases)
    func pages(kind: StoreKind) throws {
        var open = try Place(kind).open()
        try save((1...30).map { letter($0, wid: UInt32($0 % 3)) }, &open)
        func numbers(_ after: Int64, _ wid: UInt32?, _ limit: Int) throws -> [Int64] {
            try open.reader.letters(after: after, wid: wid, limit: limit).map(\.number)
        }
        #expect(try numbers(0, nil, 100) == Array(1...30))
        #expect(try numbers(10, nil, 3) == [11, 12, 13])
        #expect(try numbers(0, 2, 4) == [2, 5, 8, 11])
        #expect(try numbers(11, 2, 100) == [14, 17, 20, 23, 26, 29])
        #expect(try numbers(0, 9, 100) == [])
    }

    @Test(
        "A start finds what is open of each warehouse, what was ordered, and the last number",
        arguments: StoreKind.allCases)
    func start(kind: StoreKind) throws {
        let place = Place(kind)
        var open = try place.open()
        var ordered = letter(3)
        try ordered.order(.retry, wall: 9)
        try open.transaction { (store) throws(StoreFailure) in
            for wid in [7, 8, 9] as [UInt32] { try store.save(Warehouse(wid: wid), wall: 1) }
        }
        let letters = [
            letter(1), letter(2, state: .parked), ordered, letter(4, wid: 8),
            letter(5, wid: 9, state: .done, settled: 6),
        ]
        try save(letters, &open)
        try open.transaction { (store) throws(StoreFailure) in
            try store.removeSettledLetters(of: 9, butNewest: 0)
        }
        let state = try place.open().state
        let trays = state.warehouses.map(\.letters)
        #expect(trays.map { $0?.dead } == [2, 1, nil])
        #expect(trays.map { $0?.parked } == [1, 0, nil])
        #expect(trays[0]?.bytes == 3 * (3 + 2))
        #expect(trays[0]?.orders == [.init(number: 3, action: .retry, id: .publishers(3))])
        #expect(trays[0]?.newest == LetterTray.orderBefore)
        #expect(trays[1]?.orders == [])
        #expect(state.lastLetter == 5, "no number is given twice")
    }

    @Test("Of those that have ended the oldest go first", arguments: StoreKind.allCases)
    func removal(kind: StoreKind) throws {
        var open = try Place(kind).open()
        let letters = [
            letter(1, state: .done, settled: 30), letter(2, state: .dropped, settled: 10),
            letter(3), letter(4, state: .done, settled: 20),
            letter(5, wid: 8, state: .done, settled: 1),
            letter(6, state: .superseded, settled: 20),
        ]
        try save(letters, &open)
        try open.transaction { (store) throws(StoreFailure) in
            try store.removeSettledLetters(of: 7, butNewest: 2)
        }
        #expect(
            try open.reader.letters(after: 0, wid: nil, limit: 9).map(\.number) == [1, 3, 5, 6])
    }

    @Test("Roll-back undoes letters and bodies too", arguments: StoreKind.allCases)
    func rollBack(kind: StoreKind) throws {
        let place = Place(kind)
        var open = try place.open()
        try save([letter(1)], &open)
        try open.store.begin()
        try open.store.save(letter(2))
        try open.store.save(body: nil, ofLetter: 1)
        #expect(try open.store.letter(2) != nil)
        #expect(try open.reader.letter(2) == nil)
        open.store.rollBack()
        #expect(try open.reader.letters(after: 0, wid: nil, limit: 9) == [letter(1)])
        #expect(try open.reader.body(ofLetter: 1) != nil)
        #expect(try place.open().state.lastLetter == 1)
    }

    @Test(
        "What ended before the border's time goes with the messages", arguments: StoreKind.allCases)
    func retention(kind: StoreKind) throws {
        let place = Place(kind)
        do {
            var open = try place.open()
            let letters = [
                letter(1, state: .done, settled: 1), letter(2),
                letter(3, state: .done, settled: .max),
            ]
            try save(letters, &open)
        }
        let hub = try place.archivingHub()
        for _ in 0..<20 { _ = hub.publish([Draft(wid: 3)], wall: 1000) }
        try hub.archive(through: 10)
        try hub.trimAll()
        let open = try place.open()
        #expect(try open.reader.letters(after: 0, wid: nil, limit: 9).map(\.number) == [2, 3])
        #expect(open.state.lastLetter == 3)
    }

    // MARK: SQLite

    @Test("One letter a warehouse and message: the file itself sees to it")
    func unique() throws {
        var open = try Place(.sqlite).open()
        try save([letter(1)], &open)
        var twin = letter(2)
        twin = DeadLetter(
            number: 2, wid: twin.wid, id: .publishers(1), index: 1, topic: "A", key: nil, error: "",
            tries: 0, firstAt: 0, lastAt: 0, state: .dead, bodyBytes: 0, reported: 1)
        try open.store.begin()
        #expect(throws: StoreFailure.self) { try open.store.save(twin) }
        open.store.rollBack()
    }

    @Test(
        "A check finds letters that do not agree with themselves",
        arguments: [
            "UPDATE dead_letters SET state='lost'", "UPDATE dead_letters SET settled=5",
            "DELETE FROM warehouses", "UPDATE dead_letters SET body_bytes=4",
            "DELETE FROM dead_bodies", "UPDATE sqlite_sequence SET seq=0",
            "INSERT INTO dead_bodies VALUES(9, '1')", "UPDATE dead_letters SET action='burn'",
        ])
    func check(damage: String) throws {
        let place = Place(.sqlite)
        do {
            var open = try place.open()
            try open.transaction { (store) throws(StoreFailure) in
                try store.save(Warehouse(wid: 7), wall: 1)
            }
            try save([letter(1)], &open)
        }
        _ = try StoreCheck.run(path: place.path)
        try Connection(path: place.path).execute(damage)
        #expect(throws: StoreFailure.self) { try StoreCheck.run(path: place.path) }
    }
}
