import Hub
import TestSupport
import Testing

/// What the writer and the loops rely on, asked of every store.
@Suite("Every store")
struct StoreContractTests {
    // MARK: Transactions

    @Test(
        "A new store is empty, and has the identity that it was given",
        arguments: StoreKind.allCases)
    func empty(kind: StoreKind) throws {
        var open = try Place(kind).open()
        #expect(open.state.hub == "the-hub")
        #expect(open.state.ids.tag == 4711)
        #expect(open.state.head == 0)
        #expect(open.state.lastCreated == 0)
        #expect(open.state.topics.isEmpty)
        #expect(open.state.warehouses.isEmpty)
        #expect(open.lines.head == 0)
        #expect(try open.look(at: 1) == nil)
        #expect(try open.reader.index(of: .publishers(1)) == nil)
        #expect(try open.reader.lastIndex(before: 5, above: 0, head: 0) == 0)
    }

    @Test("The identity stays when the store is opened again", arguments: StoreKind.allCases)
    func identity(kind: StoreKind) throws {
        let place = Place(kind)
        _ = try place.open()
        #expect(try place.open().state.hub == "the-hub")
        #expect(try place.open().state.ids.tag == 4711)
    }

    @Test(
        "Every field of a message comes back, to the writer and to readers",
        arguments: StoreKind.allCases)
    func fields(kind: StoreKind) throws {
        var open = try Place(kind).open()
        let long = String(repeating: "ü", count: 100_000)
        let copies = [
            MessageCopy(1, nth: 1),
            MessageCopy(
                2, wid: 2_147_483_647, nth: 1, topic: 65_535,
                id: MessageID(high: .max, low: .max), key: "ключ", body: long,
                created: Limits.integer, occurred: -1),
            MessageCopy(3, wid: 7, nth: 1, key: "", body: "", created: Limits.integer, occurred: 0),
            MessageCopy(4, nth: 2, id: MessageID(high: 0, low: 1), body: "a\u{0}b", created: .max),
        ]
        try open.transaction { (store) throws(StoreFailure) in
            for copy in copies {
                try copy.withRow { (row) throws(StoreFailure) in try store.insert(row) }
            }
        }
        for copy in copies { #expect(try open.look(at: copy.index) == copy) }
        #expect(try open.rows(at: [1, 2, 3, 4]) == copies)
        #expect(try open.rows(at: [3]) == [copies[2]])
    }

    @Test(
        "The writer sees its open transaction, readers only what is committed",
        arguments: StoreKind.allCases)
    func isolation(kind: StoreKind) throws {
        var open = try Place(kind).open()
        try open.store.begin()
        try MessageCopy(1, nth: 1).withRow { (row) throws(StoreFailure) in
            try open.store.insert(row)
        }
        #expect(try open.store.claim(.publishers(1), for: 1) == nil)
        #expect(try open.look(at: 1)?.index == 1)
        #expect(throws: StoreFailure.self) { try open.rows(at: [1]) }
        #expect(try open.reader.index(of: .publishers(1)) == nil)
        try open.store.commit()
        #expect(try open.rows(at: [1]).count == 1)
        #expect(try open.reader.index(of: .publishers(1)) == 1)
    }

    @Test(
        "A reader that has begun stays at its moment until it ends",
        arguments: StoreKind.allCases)
    func moment(kind: StoreKind) throws {
        var open = try Place(kind).open()
        try open.append([0], head: 0)
        try open.reader.begin()
        #expect(try open.reader.lastIndex(before: .max, above: 0, head: 1) == 1)
        try open.append([0], head: 1)
        #expect(throws: StoreFailure.self) { try open.reader.rows(at: [2]) { _ in true } }
        open.reader.end()
        #expect(try open.rows(at: [1, 2]).count == 2)
    }

    @Test(
        "Roll-back undoes everything since begin, and may be called at any time",
        arguments: StoreKind.allCases)
    func rollBack(kind: StoreKind) throws {
        let place = Place(kind)
        var open = try place.open()
        open.store.rollBack()
        try open.append([0], head: 0)
        try open.store.begin()
        try MessageCopy(2, nth: 2).withRow { (row) throws(StoreFailure) in
            try open.store.insert(row)
        }
        _ = try open.store.claim(.publishers(2), for: 2)
        try open.store.save(StoredTopic(name: "T"), number: 1)
        try open.store.save(started(5), wall: 5000)
        open.store.rollBack()
        open.store.rollBack()

        #expect(try open.look(at: 2) == nil)
        #expect(try open.reader.journey(of: 0, wid: 5, since: 0) == Journey())
        try open.store.begin()
        #expect(try open.store.claim(.publishers(2), for: 2) == nil)
        open.store.rollBack()
        let again = try place.open()
        #expect(again.state.head == 1)
        #expect(again.state.topics.map(\.name) == ["Order_Changed"])
        #expect(again.state.warehouses.isEmpty)
    }

    // MARK: Ids

    @Test(
        "The first to claim an id has it; the others are told the index",
        arguments: StoreKind.allCases)
    func claim(kind: StoreKind) throws {
        var open = try Place(kind).open()
        try open.transaction { (store) throws(StoreFailure) in
            #expect(try store.claim(.publishers(1), for: 10) == nil)
            #expect(try store.claim(.publishers(2), for: 11) == nil)
            #expect(try store.claim(.publishers(1), for: 12) == 10)
        }
        try open.transaction { (store) throws(StoreFailure) in
            #expect(try store.claim(.publishers(1), for: 13) == 10)
            #expect(try store.claim(.publishers(2), for: 13) == 11)
        }
    }

    @Test("A claim taken back is free again", arguments: StoreKind.allCases)
    func unclaim(kind: StoreKind) throws {
        var open = try Place(kind).open()
        try open.transaction { (store) throws(StoreFailure) in
            _ = try store.claim(.publishers(1), for: 1)
            try store.unclaim(.publishers(1))
            #expect(try store.claim(.publishers(1), for: 2) == nil)
        }
        try open.transaction { (store) throws(StoreFailure) in
            #expect(try store.claim(.publishers(1), for: 3) == 2)
        }
    }

    @Test("An index that is there already is refused", arguments: StoreKind.allCases)
    func twice(kind: StoreKind) throws {
        var open = try Place(kind).open()
        try open.append([0, 0], head: 0)
        try open.store.begin()
        #expect(throws: StoreFailure.self) {
            try MessageCopy(2, nth: 2).withRow { (row) throws(StoreFailure) in
                try open.store.insert(row)
            }
        }
        open.store.rollBack()
        try open.append([0], head: 2)
        #expect(try open.rows(at: [1, 2, 3]).map(\.body) == ["1", "2", "3"])
    }

    // MARK: Topics and warehouses

    @Test(
        "Topics come back in the order of their numbers, with their counts",
        arguments: StoreKind.allCases)
    func topics(kind: StoreKind) throws {
        let place = Place(kind)
        var open = try place.open()
        var topics = ["B_Created", "A_Created", "c.d-e_f"].map { StoredTopic(name: $0) }
        try open.transaction { (store) throws(StoreFailure) in
            for (number, topic) in topics.enumerated() {
                try store.save(topic, number: Int32(number))
            }
        }
        topics[1].note(index: 1 << 52, created: Limits.integer)
        try open.transaction { (store) throws(StoreFailure) in
            try store.save(topics[1], number: 1)
        }
        #expect(try place.open().state.topics == topics)
    }

    @Test("Every field of a warehouse comes back that is durable", arguments: StoreKind.allCases)
    func warehouse(kind: StoreKind) throws {
        let place = Place(kind)
        var open = try place.open()
        var full = Warehouse(wid: 2_147_483_647)
        full.committed = 1 << 52
        full.hasStarted = true
        full.holder = SessionName(String(repeating: "~", count: 64))
        full.formerHolders = ["a", "'\";--", "b!"].map { SessionName($0)! }
        full.leaseSeconds = 3600
        full.isPaused = true
        full.isRetired = true
        full.name = "Berlin \u{1F69A} '; DROP TABLE log"
        full.expectEverySeconds = 86_400
        full.registered = 1_700_000_000_000
        full.delivered = (1 << 52) + 5
        full.lastPull = 1_700_000_000_001
        full.lastCommit = 1_700_000_000_002
        full.client.name = "tool"
        full.client.version = "1.2"
        full.client.host = "höst"
        full.client.clockSkew = -250
        // In memory only: none of it may come back.
        full.leaseEnds = 99
        full.openCalls = 3
        full.epoch = 4
        full.tenure = 5
        full.waiting = .init(loop: 1, call: 2)
        var blank = Warehouse(wid: 1)
        blank.name = ""
        let warehouses = [blank, full]
        try open.transaction { (store) throws(StoreFailure) in
            for warehouse in warehouses { try store.save(warehouse, wall: 0) }
        }
        let found = try place.open().state.warehouses
        #expect(found.map(\.wid) == [1, full.wid])
        #expect(durable(found[0]) == durable(blank))
        #expect(durable(found[1]) == durable(full))
        #expect(found.map(\.trustedThrough) == [0, 0], "nothing can have been handed out")
        for warehouse in found {
            #expect(warehouse.leaseEnds == 0)
            #expect(warehouse.openCalls == 0)
            #expect(warehouse.waiting == nil)
        }
    }

    @Test("A warehouse saved again replaces its row", arguments: StoreKind.allCases)
    func warehouseAgain(kind: StoreKind) throws {
        let place = Place(kind)
        var open = try place.open()
        for committed in 1...3 as ClosedRange<Int64> {
            try open.transaction { (store) throws(StoreFailure) in
                try store.save(started(5, committed: committed), wall: 0)
            }
        }
        let found = try place.open().state.warehouses
        #expect(found.map(\.committed) == [3])
        #expect(found[0].holder == nil)
    }

    // MARK: The history

    @Test(
        "A journey tells the seconds in which a message was first delivered and committed",
        arguments: StoreKind.allCases)
    func journey(kind: StoreKind) throws {
        var open = try Place(kind).open()
        let saved: [(wall: Int64, delivered: Int64, committed: Int64)] = [
            (10_100, 5, 0), (10_900, 8, 5), (12_000, 8, 8), (20_500, 20, 15), (21_000, 20, 20),
        ]
        for (wall, delivered, committed) in saved {
            try open.transaction { (store) throws(StoreFailure) in
                try store.save(
                    started(5, committed: committed, delivered: delivered), wall: wall)
            }
        }
        func journey(_ index: Int64, wid: UInt32 = 5, since: Int64 = 0) throws -> Journey {
            try open.reader.journey(of: index, wid: wid, since: since)
        }
        #expect(try journey(5) == Journey(delivered: 10_000, committed: 10_000))
        #expect(try journey(8) == Journey(delivered: 10_000, committed: 12_000))
        #expect(try journey(9) == Journey(delivered: 20_000, committed: 20_000))
        #expect(try journey(20) == Journey(delivered: 20_000, committed: 21_000))
        #expect(try journey(21) == Journey())
        #expect(try journey(5, since: 11_000) == Journey(delivered: 12_000, committed: 12_000))
        #expect(try journey(5, wid: 6) == Journey())
    }

    @Test(
        "A clock that is stepped back goes on in the newest second",
        arguments: StoreKind.allCases)
    func historyBack(kind: StoreKind) throws {
        var open = try Place(kind).open()
        for (wall, committed) in [(20_000, 1), (5_000, 2), (21_000, 3)] as [(Int64, Int64)] {
            try open.transaction { (store) throws(StoreFailure) in
                try store.save(started(5, committed: committed), wall: wall)
            }
        }
        #expect(try open.reader.journey(of: 2, wid: 5, since: 0).committed == 20_000)
        #expect(try open.reader.journey(of: 3, wid: 5, since: 0).committed == 21_000)
    }

    @Test("A warehouse without a position has no history", arguments: StoreKind.allCases)
    func noHistory(kind: StoreKind) throws {
        var open = try Place(kind).open()
        try open.transaction { (store) throws(StoreFailure) in
            try store.save(Warehouse(wid: 5), wall: 5000)
        }
        #expect(try open.reader.journey(of: 0, wid: 5, since: 0) == Journey())
    }

    // MARK: Reading

    @Test(
        "A page of any length comes in order, and stops where the caller has enough",
        arguments: StoreKind.allCases)
    func pages(kind: StoreKind) throws {
        var open = try Place(kind).open()
        try open.append((0..<1000).map { UInt32($0 % 3) }, head: 0)
        for count in [0, 1, 2, 99, 100, 101, 199, 200, 201, 333] {
            let indexes = (0..<count).map { Int64($0) * 3 + 1 }
            #expect(try open.rows(at: indexes).map(\.index) == indexes)
            for limit in [1, 50, 100, 101, 150] where limit <= count {
                #expect(
                    try open.rows(at: indexes, limit: limit).map(\.index)
                        == Array(indexes.prefix(limit)))
            }
        }
    }

    @Test(
        "A message that should be there and is not is a damage, wherever in the page",
        arguments: StoreKind.allCases)
    func missing(kind: StoreKind) throws {
        var open = try Place(kind).open()
        try open.append(Array(repeating: 0, count: 250), head: 0)
        let pages: [[Int64]] = [[251], [250, 251], Array(150...251), Array(51...251), [0, 1]]
        for page in pages {
            do {
                _ = try open.rows(at: page)
                Issue.record("\(page.count) rows, one of which is not there")
            } catch StoreFailure.damaged {}
        }
        #expect(try open.rows(at: Array(1...250)).count == 250, "a reader goes on after a damage")
    }

    @Test(
        "The last index before a time is found, also where many were created at once",
        arguments: StoreKind.allCases)
    func lastIndex(kind: StoreKind) throws {
        var open = try Place(kind).open()
        let created: [Int64] = [10, 10, 10, 20, 20, 30, 40, 40]
        try open.transaction { (store) throws(StoreFailure) in
            for (place, time) in created.enumerated() {
                let copy = MessageCopy(Int64(place) + 1, nth: Int64(place) + 1, created: time)
                try copy.withRow { (row) throws(StoreFailure) in try store.insert(row) }
            }
        }
        for time in 0...50 as ClosedRange<Int64> {
            for head in 0...8 {
                let expected = created.prefix(head).count { $0 < time }
                #expect(
                    try open.reader.lastIndex(before: time, above: 0, head: Int64(head))
                        == Int64(expected))
            }
        }
    }

    // MARK: The start

    @Test(
        "A start rebuilds the lines exactly, over more than two blocks",
        arguments: StoreKind.allCases)
    func rebuild(kind: StoreKind) throws {
        let place = Place(kind)
        var random = SplitMix(3)
        var wids: [UInt32] = []
        do {
            var open = try place.open()
            while wids.count < 9500 {
                let count = min(9500 - wids.count, Int(random.number(1...1500)))
                let more = (0..<count).map { _ in UInt32(random.number(0...20)) }
                try open.append(more, head: Int64(wids.count))
                wids += more
            }
        }
        let again = try place.open()
        #expect(again.state.head == 9500)
        #expect(again.state.lastCreated == 10_500)
        #expect(again.lines.head == 9500)
        for wid in 0...21 as ClosedRange<UInt32> {
            var (ordinal, counts) = (Int64(0), [Int64](repeating: 0, count: 22))
            var expected: [[Int64]] = []
            for (place, its) in wids.enumerated() where its == 0 || its == wid {
                ordinal += 1
                counts[Int(its)] += 1
                expected.append([Int64(place) + 1, ordinal, counts[Int(its)]])
            }
            #expect(again.line(wid) == expected)
        }
    }

    @Test(
        "A store goes on where it ended, block for block",
        arguments: StoreKind.allCases, [4095, 4096, 4097])
    func goesOn(kind: StoreKind, first: Int) throws {
        let place = Place(kind)
        var count: Int64 = 0
        for more in [first, 1, 4096, 3] {
            var open = try place.open()
            #expect(open.state.head == count)
            try open.append((0..<more).map { UInt32($0 % 2) }, head: count)
            count += Int64(more)
        }
        let open = try place.open()
        #expect(open.state.head == count)
        #expect(open.line(0).count + open.line(1).count - open.line(0).count == Int(count))
    }

    @Test(
        "A start counts what topics have had since they were saved",
        arguments: StoreKind.allCases)
    func topicTail(kind: StoreKind) throws {
        let place = Place(kind)
        var open = try place.open()
        var topic = StoredTopic(name: "T")
        topic.count = 70
        topic.lastIndex = 2
        try open.store.begin()
        try open.saveTopic(topic)
        try open.store.commit()
        try open.append([0, 0, 0, 0, 0], head: 0)
        topic.count = 73
        topic.lastIndex = 5
        topic.lastCreated = 1005
        #expect(try place.open().state.topics == [topic])
    }

    // MARK: With the writer

    @Test(
        "A hub's life: publishes, retries and restarts leave one message each",
        arguments: StoreKind.allCases)
    func life(kind: StoreKind) throws {
        let place = Place(kind)
        switch kind {
        case .memory:
            let disk = MemoryDisk()
            try live { () throws(StoreFailure) in MemoryStore(disk) }
        case .sqlite:
            try live { () throws(StoreFailure) in try place.sqliteStore(place.path) }
        }
    }

    private func live<S: Store>(_ openStore: () throws(StoreFailure) -> S) throws {
        var random = SplitMix(8)
        var sent: [Draft] = []
        for _ in 0..<5 {
            var store = try openStore()
            let lines = Lines()
            let state = try store.load(into: lines)
            #expect(state.head == Int64(sent.count))
            #expect(state.topics.map(\.count).reduce(0, +) == Int64(sent.count))
            var writer = Writer(store: store, state: state, lines: lines)
            for _ in 0..<30 {
                let batch = WriteBatch(loop: 0)
                let retried = sent.randomElement(using: &random)
                let fresh = (0..<random.number(1...60)).map { number in
                    Draft(
                        "\(number)", topic: "T\(random.number(0...5))_Changed",
                        wid: UInt32(random.number(0...4)),
                        id: .publishers(UInt64(sent.count) + UInt64(number) + 1))
                }
                batch.publish(fresh + [retried].compactMap { $0 })
                let outcome = writer.write(
                    [batch], wall: 1, now: 1, registered: 0, lookup: { _ in nil })
                #expect(outcome.failure == nil)
                #expect(batch.publishes[0].outcome == .stored(fresh: fresh.count))
                #expect(batch.messages.last?.isDuplicate == (retried != nil))
                sent += fresh
                writer.publish { _ in }
            }
        }
    }

    private func started(
        _ wid: UInt32, committed: Int64 = 0, delivered: Int64? = nil
    ) -> Warehouse {
        var warehouse = Warehouse(wid: wid)
        warehouse.hasStarted = true
        warehouse.committed = committed
        warehouse.delivered = delivered ?? committed
        return warehouse
    }

    /// The durable fields, to be compared.
    private func durable(_ warehouse: Warehouse) -> [String] {
        let numbers = [
            Int64(warehouse.wid), warehouse.committed, warehouse.delivered, warehouse.leaseSeconds,
            warehouse.expectEverySeconds, warehouse.registered, warehouse.lastPull,
            warehouse.lastCommit, warehouse.client.clockSkew ?? .min,
        ]
        let flags = [warehouse.hasStarted, warehouse.isPaused, warehouse.isRetired]
        let texts = [
            warehouse.holder?.text ?? "-", warehouse.name, warehouse.client.name,
            warehouse.client.version, warehouse.client.host,
        ]
        return numbers.map { "\($0)" } + flags.map { "\($0)" } + texts
            + warehouse.formerHolders.map(\.text)
    }
}
