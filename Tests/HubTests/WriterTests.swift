import Hub
import TestSupport
import Testing

@Suite("The writer")
struct WriterTests {
    @Test("Messages get dense indexes in the order of their requests")
    func order() {
        var writer = TestWriter()
        let (outcome, places) = writer.publish([Draft("1"), Draft("2", wid: 5), Draft("3")])
        #expect(outcome == .stored(fresh: 3))
        #expect(places.map(\.index) == [1, 2, 3])
        #expect(writer.publish([Draft("4", wid: 5)]).1[0].index == 4)
        #expect(writer.log.map(\.body) == ["1", "2", "3", "4"])
        #expect(writer.log.map(\.nth) == [1, 1, 2, 2])
        #expect(writer.line(5) == [1, 2, 3, 4])
        #expect(writer.line(6) == [1, 3])
        #expect(writer.lines.head == 4)
    }

    @Test("One transaction takes the requests of several loops, each answered by itself")
    func several() {
        var writer = TestWriter()
        let batches = (0..<3).map { WriteBatch(loop: $0) }
        for batch in batches {
            for number in 0..<4 { batch.publish([Draft("\(batch.loop).\(number)")]) }
        }
        let outcome = writer.write(batches)
        #expect(outcome.stored == 12)
        #expect(batches.flatMap(\.messages).map(\.index) == Array(1...12))
        #expect(batches.flatMap(\.publishes).allSatisfy { $0.outcome == .stored(fresh: 1) })
    }

    @Test("Of a request that is tried again on its own only its own deed goes along")
    func copiedDeeds() {
        let batch = WriteBatch(loop: 0)
        batch.publish([Draft("1")])
        let by = Deed.Actor(name: "a", role: "admin", address: "", requestID: "")
        batch.deeds = [
            .init(Deed(.signIn, by: by), .none), .init(Deed(.pause, by: by), .change(0)),
            .init(Deed(.letterDrop, by: by), .letters(0)),
            .init(Deed(.archiveReplay, by: by), .publish(0)),
        ]
        let copy = batch.copy(of: batch.publishes[0])
        #expect(copy.deeds.map(\.deed.action) == [.archiveReplay])
    }

    @Test("Everything that a publisher gave is stored as it is")
    func content() {
        var writer = TestWriter()
        let draft = Draft(
            "{\"a\":1}", topic: "Product_Created", wid: 9, key: "p:1", id: .publishers(1),
            occurred: -5)
        writer.publish([Draft(), draft, Draft("", key: "")])
        let row = writer.log[1]
        #expect(
            row
                == MessageCopy(
                    2, wid: 9, nth: 1, topic: 1, id: .publishers(1), key: "p:1",
                    body: "{\"a\":1}", created: 1_000_000, occurred: -5))
        #expect(writer.log[0].key == nil)
        #expect(writer.log[2].key == "")
        #expect(writer.writer.topic(1).name == "Product_Created")
    }

    // MARK: Ids

    @Test("A message without id gets one that rises with the index and leads back to it")
    func hubIDs() {
        var writer = TestWriter(MemoryDisk(tag: 77))
        writer.publish([Draft(), Draft()])
        writer.wall += 3
        writer.publish([Draft()])
        let ids = writer.log.map(\.id)
        #expect(ids == ids.sorted())
        #expect(ids.allSatisfy { $0.isVersion7 })
        #expect(ids.map { HubIDs(tag: 77).index(in: $0) } == [1, 2, 3])
        #expect(ids.map(\.milliseconds) == [1_000_000, 1_000_000, 1_000_003])
    }

    @Test("The same id with the same content is answered as the first time")
    func duplicate() {
        var writer = TestWriter()
        let draft = Draft("b", wid: 3, key: "k", id: .publishers(1), occurred: 8)
        writer.publish([Draft(), draft])
        writer.wall += 500
        let (outcome, places) = writer.publish([draft])
        #expect(outcome == .stored(fresh: 0))
        #expect(places[0].isDuplicate)
        #expect(places[0].index == 2)
        #expect(places[0].created == 1_000_000)
        #expect(places[0].storedID == .publishers(1))
        #expect(writer.log.count == 2)
    }

    @Test(
        "The same id with other content is a conflict, whatever differs",
        arguments: [
            Draft("c", wid: 3, key: "k", id: .publishers(1), occurred: 8),
            Draft("b", wid: 4, key: "k", id: .publishers(1), occurred: 8),
            Draft("b", wid: 3, key: "l", id: .publishers(1), occurred: 8),
            Draft("b", wid: 3, key: nil, id: .publishers(1), occurred: 8),
            Draft("b", wid: 3, key: "", id: .publishers(1), occurred: 8),
            Draft("b", wid: 3, key: "k", id: .publishers(1), occurred: 9),
            Draft("b", wid: 3, key: "k", id: .publishers(1), occurred: nil),
            Draft("b", topic: "New_Topic", wid: 3, key: "k", id: .publishers(1), occurred: 8),
        ])
    func conflict(other: Draft) {
        var writer = TestWriter()
        let draft = Draft("b", wid: 3, key: "k", id: .publishers(1), occurred: 8)
        writer.publish([draft])
        #expect(writer.publish([other]).0 == .conflict([0]))
        #expect(writer.publish([draft]).1[0].isDuplicate)
        #expect(writer.log.count == 1)
        #expect(writer.writer.topicCount == 1, "a refused request leaves no topic")
    }

    @Test("A key that was not given and an empty one are two things, also when stored first")
    func emptyKey() {
        var writer = TestWriter()
        writer.publish([Draft(key: nil, id: .publishers(1)), Draft(key: "", id: .publishers(2))])
        #expect(writer.publish([Draft(key: "", id: .publishers(1))]).0 == .conflict([0]))
        #expect(writer.publish([Draft(key: nil, id: .publishers(2))]).0 == .conflict([0]))
        #expect(writer.publish([Draft(key: "", id: .publishers(2))]).1[0].isDuplicate)
    }

    @Test("A conflict leaves nothing of its request: no message, id, topic or list")
    func conflictLeavesNothing() {
        var writer = TestWriter()
        writer.publish([Draft("taken", id: .publishers(1))])
        let batch = WriteBatch(loop: 0)
        batch.publish([
            Draft("x", topic: "Other_Created", wid: 44, id: .publishers(2)),
            Draft("not what was taken", id: .publishers(1)),
            Draft("y", topic: "Third_Created", id: .publishers(3)),
            Draft("nor this", id: .publishers(1)),
        ])
        batch.publish([Draft("after", topic: "Third_Created", id: .publishers(3))])
        writer.write([batch])
        #expect(batch.publishes[0].outcome == .conflict([1, 3]))
        #expect(batch.publishes[1].outcome == .stored(fresh: 1))
        #expect(writer.log.map(\.body) == ["taken", "after"])
        #expect(writer.line(44) == [1, 2])
        #expect(writer.publish([Draft("z", id: .publishers(2))]).0 == .stored(fresh: 1))
        #expect(
            (0..<writer.writer.topicCount).map { writer.writer.topic(Int32($0)).name }
                == ["Order_Changed", "Third_Created"])
    }

    @Test("Twins within one request: the same content is a duplicate, other content a conflict")
    func twins() {
        var writer = TestWriter()
        let twin = Draft("t", key: "k", id: .publishers(1))
        let (outcome, places) = writer.publish([Draft("0"), twin, Draft("1"), twin, Draft("2")])
        #expect(outcome == .stored(fresh: 4))
        #expect(places.map(\.index) == [1, 2, 3, 2, 4])
        #expect(places.map(\.isDuplicate) == [false, false, false, true, false])
        #expect(places[3].storedID == .publishers(1))
        #expect(places[3].created == places[1].created)
        var other = twin
        other.body = "u"
        other.id = .publishers(2)
        var otherTwin = other
        otherTwin.wid = 1
        #expect(writer.publish([other, otherTwin]).0 == .conflict([1]))
        #expect(writer.log.map(\.body) == ["0", "t", "1", "2"])
    }

    @Test("Twins in two requests of one transaction: the second finds the first")
    func twinRequests() {
        var writer = TestWriter()
        let batches = [WriteBatch(loop: 0), WriteBatch(loop: 1)]
        let draft = Draft("t", id: .publishers(1))
        for batch in batches { batch.publish([Draft("own"), draft]) }
        writer.write(batches)
        #expect(batches[0].messages.map(\.index) == [1, 2])
        #expect(batches[1].messages.map(\.index) == [3, 2])
        #expect(batches[1].publishes[0].outcome == .stored(fresh: 1))
    }

    @Test("An id that the hub gave, sent with the message, is a duplicate")
    func hubIDSentAgain() {
        var writer = TestWriter()
        writer.publish([Draft("a"), Draft("b")])
        let id = writer.log[1].id
        #expect(writer.publish([Draft("b", id: id)]).1.map(\.index) == [2])
        #expect(writer.publish([Draft("c", id: id)]).0 == .conflict([0]))
        #expect(writer.log.count == 2)
    }

    @Test("An id that the hub may itself give before long is refused")
    func reserved() {
        var writer = TestWriter()
        writer.publish([Draft("a")])
        let ids = HubIDs(tag: 1)
        for ahead in [1, 2, Int64(1) << 32] {
            let id = ids.id(created: 7, index: 1 + ahead)
            #expect(writer.publish([Draft("b", id: id)]).0 == .conflict([0]))
        }
        let far = ids.id(created: 7, index: (1 << 32) + 2)
        #expect(writer.publish([Draft("b", id: far)]).0 == .stored(fresh: 1))
    }

    @Test("A publisher's id that bears the hub's tag by chance is an id like any other")
    func byChance() {
        var writer = TestWriter()
        writer.publish([Draft("a"), Draft("b")])
        let id = HubIDs(tag: 1).id(created: 7, index: 2)
        #expect(writer.publish([Draft("c", id: id)]).0 == .stored(fresh: 1))
        #expect(writer.publish([Draft("c", id: id)]).1.map(\.index) == [3])
        #expect(writer.publish([Draft("d", id: id)]).0 == .conflict([0]))
    }

    // MARK: Time

    @Test("Created never falls, also not when the wall clock is stepped back, nor over a restart")
    func created() {
        let disk = MemoryDisk()
        var writer = TestWriter(disk)
        for wall in [5000, 6000, 4000, 1000, 6001] as [Int64] {
            writer.wall = wall
            writer.publish([Draft()])
        }
        #expect(writer.log.map(\.created) == [5000, 6000, 6000, 6000, 6001])
        var restarted = TestWriter(disk)
        restarted.wall = 10
        restarted.publish([Draft()])
        #expect(restarted.log.last?.created == 6001)
        #expect(restarted.writer.lastCreated == 6001)
    }

    @Test("Ids given by publishers never touch the hub's clock")
    func idsAndClock() {
        var writer = TestWriter()
        writer.publish([Draft(id: .publishers(1, at: 1 << 47))])
        writer.publish([Draft()])
        #expect(writer.log.map(\.created) == [1_000_000, 1_000_000])
    }

    // MARK: Failures

    @Test(
        "After a failure nothing remains: not on disk, not in lines, topics, head or clock",
        arguments: MemoryStore.Step.ofWriting, [0, 1])
    func failure(step: MemoryStore.Step, skip: Int) {
        var writer = TestWriter()
        writer.publish([Draft("before", wid: 3, id: .publishers(1))])
        let batch = WriteBatch(loop: 0)
        // Every step comes twice in it, but for those of the transaction as a whole.
        for number in [10, 20] as [UInt64] {
            batch.publish([
                Draft(
                    "n", topic: "T\(number)_Created", wid: UInt32(number), id: .publishers(number))
            ])
            batch.publish([
                Draft("before", wid: 3, id: .publishers(1)),
                Draft("x", id: .publishers(number + 1)),
                Draft("in conflict", id: .publishers(number)),
            ])
            batch.change(
                UInt32(number),
                .pull(session: nil, takeOver: false, lease: 60, commit: nil, start: 0))
        }
        let isOnce = [.begin, .commit, .sync].contains(step)
        writer.faults.step = step
        writer.faults.skip = isOnce ? 0 : skip
        writer.wall += 1000
        let outcome = writer.write([batch])

        #expect(outcome.failure == .full)
        #expect(outcome.stored == 0)
        #expect(outcome.warehouses.isEmpty)
        #expect(batch.publishes.allSatisfy { $0.outcome == .failed(.full) })
        #expect(writer.log.map(\.body) == ["before"])
        #expect(writer.writer.head == 1)
        #expect(writer.lines.head == 1)
        #expect(writer.writer.lastCreated == 1_000_000)
        #expect(writer.writer.topicCount == 1)
        #expect(writer.line(10) == [])
        #expect(writer.line(3) == [1])

        writer.faults.step = nil
        let (again, places) = writer.publish([
            Draft("after", topic: "T20_Created", wid: 10, id: .publishers(10)),
            Draft("before", wid: 3, id: .publishers(1)),
        ])
        #expect(again == .stored(fresh: 1))
        #expect(places.map(\.index) == [2, 1])
        #expect(writer.log.map(\.nth) == [1, 1])
        #expect(writer.line(10) == [2])
        let topic = StoredTopic("T20_Created", count: 1, last: (2, 1_001_000))
        #expect(writer.writer.topic(1) == topic)
    }

    @Test("A commit whose sync failed may come to light after a crash: a retry is then a duplicate")
    func lostSync() {
        let disk = MemoryDisk()
        var writer = TestWriter(disk)
        let draft = Draft("a", id: .publishers(1))
        writer.faults.step = .sync
        #expect(writer.publish([draft]).0 == .failed(.full))
        #expect(writer.log.isEmpty)
        disk.crash(keepsUnsure: true)
        var restarted = TestWriter(disk)
        #expect(restarted.publish([draft]).1.map(\.isDuplicate) == [true])
        #expect(restarted.log.count == 1)
    }

    @Test("An id that stands for a message that is not there is a damage, told loudly")
    func damage() throws {
        let disk = MemoryDisk()
        var store = MemoryStore(disk)
        try store.begin()
        _ = try store.claim(.publishers(1), for: 1)
        try store.commit()
        var writer = TestWriter(disk)
        guard case .failed(.damaged) = writer.publish([Draft("a", id: .publishers(1))]).0 else {
            // The id stands for the very index that comes next: it must not be taken for a twin.
            Issue.record("stored over a damage")
            return
        }
    }

    // MARK: Limits

    @Test("More topics than may be are refused, and leave nothing; known ones still count")
    func topicLimit() {
        let disk = MemoryDisk()
        var writer = TestWriter(disk)
        let most = Limits.topics - 1
        for first in stride(from: 0, to: most, by: 10_000) {
            writer.publish((first..<min(most, first + 10_000)).map { Draft(topic: "T\($0)") })
        }
        let (refused, _) = writer.publish([
            Draft(topic: "T65535", id: .publishers(1)), Draft(topic: "T65536"),
        ])
        #expect(refused == .topicLimit)
        #expect(writer.writer.topicCount == most)
        #expect(writer.publish([Draft(topic: "T65536", id: .publishers(1))]).0 == .stored(fresh: 1))
        #expect(writer.publish([Draft(topic: "T65537")]).0 == .topicLimit)
        #expect(writer.publish([Draft(topic: "T77")]).0 == .stored(fresh: 1))
        #expect(writer.writer.topic(77).count == 2)
    }

    @Test("Topics are counted, saved with every block, and counted on after a restart")
    func topicCounts() {
        let disk = MemoryDisk()
        var writer = TestWriter(disk)
        for round in 0..<10 {
            writer.wall = Int64(round)
            writer.publish((0..<1000).map { Draft(topic: "T\($0 % 3)") })
        }
        let restarted = TestWriter(disk)
        for number in 0..<3 as Range<Int32> {
            #expect(restarted.writer.topic(number) == writer.writer.topic(number))
        }
        #expect(writer.writer.topic(0) == StoredTopic("T0", count: 3340, last: (10_000, 9)))
    }

    @Test("Only so many warehouses register; those that are known go on")
    func warehouseLimit() {
        let disk = MemoryDisk()
        var writer = TestWriter(disk).writer
        let pull = Warehouse.Change.pull(
            session: nil, takeOver: false, lease: 60, commit: nil, start: 0)
        let batch = WriteBatch(loop: 0)
        for wid in [1, 2, 1, 3] as [UInt32] { batch.change(wid, pull) }
        let outcome = writer.write(
            [batch], wall: 0, now: 0, registered: Limits.warehouses - 2, lookup: { _ in nil })
        #expect(outcome.warehouses.map(\.wid).sorted() == [1, 2])
        guard case .refused(.warehouseLimit) = batch.changes[3].outcome else {
            Issue.record("a third one registered")
            return
        }
    }

    // MARK: Warehouses

    @Test("Changes of one warehouse apply in their order, each to what the one before left")
    func changesInOrder() {
        var writer = TestWriter()
        writer.publish((0..<10).map { Draft("\($0)") })
        let batch = WriteBatch(loop: 0)
        let (a, b) = (SessionName("a"), SessionName("b"))
        batch.change(
            5, .pull(session: a, takeOver: false, lease: 60, commit: nil, start: 3))
        batch.change(5, .seek(to: 6))
        batch.change(5, .commit(7, session: a))
        batch.change(5, .pull(session: b, takeOver: true, lease: 60, commit: nil, start: 0))
        batch.change(5, .commit(6, session: a))
        let outcome = writer.write([batch])
        #expect(outcome.warehouses.count == 1)
        let outcomes = batch.changes.map { change -> String in
            switch change.outcome {
            case .done(let warehouse): "\(warehouse.committed) \(warehouse.holder?.text ?? "-")"
            case .refused(let refusal): refusal.code
            case .failed, .pending: "failed"
            }
        }
        #expect(outcomes == ["3 a", "6 a", "not_delivered", "6 b", "session_fenced"])
    }

    @Test("A commit may reach a message of its own transaction, for which the head has moved")
    func headOfTransaction() {
        var writer = TestWriter()
        let batch = WriteBatch(loop: 0)
        batch.publish([Draft()])
        batch.change(5, .pull(session: nil, takeOver: false, lease: 60, commit: 1, start: 1))
        batch.change(6, .pull(session: nil, takeOver: false, lease: 60, commit: 2, start: 1))
        writer.write([batch])
        #expect(writer.warehouses[5]?.committed == 1)
        guard case .refused(.positionAhead(head: 1)) = batch.changes[1].outcome else {
            Issue.record("beyond the head")
            return
        }
        #expect(writer.warehouses[6] == nil, "a refused first pull registers nobody")
    }

    @Test("Rows that are newer in memory are flushed, unless the transaction changes them anyway")
    func flush() throws {
        let disk = MemoryDisk()
        var writer = TestWriter(disk)
        var (first, second) = (Warehouse(wid: 1), Warehouse(wid: 2))
        (first.hasStarted, second.hasStarted) = (true, true)
        first.lastPull = 11
        second.lastPull = 22
        let batch = WriteBatch(loop: 0)
        batch.change(2, .describe(name: "two", expectEverySeconds: nil))
        writer.write([batch], flush: [first, second])
        let rows = TestWriter(disk).warehouses
        #expect(rows[1]?.lastPull == 11)
        #expect(rows[2]?.name == "two")
        #expect(rows[2]?.lastPull == 0)
    }
}

extension StoredTopic {
    fileprivate init(_ name: String, count: Int64, last: (index: Int64, created: Int64)) {
        self.init(name: name)
        self.count = count
        lastIndex = last.index
        lastCreated = last.created
    }
}
