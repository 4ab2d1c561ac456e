import Archive
import Hub
import TestSupport
import Testing

@Suite("Archive: round trip")
struct RoundTripTests {
    @Test("Every kind of message comes back as it was")
    func odd() throws {
        let shelf = try Shelf()
        try shelf.add(Messages.odd)
        #expect(try shelf.readAll() == Messages.odd.map(\.asRead))
    }

    @Test("Each message is found by its index and by its id, with its own row")
    func single() throws {
        let shelf = try Shelf()
        let frame = try shelf.reader().unpack(try shelf.add(Messages.odd)[0])
        let topics = Topics()
        for message in Messages.odd {
            var found: [StoredMessage] = []
            let isThere = try frame.row(at: message.index, topics: topics.number) {
                found.append(StoredMessage($0, topics))
            }
            let hasID = try frame.row(id: message.id, topics: topics.number) {
                found.append(StoredMessage($0, topics))
            }
            #expect(isThere && hasID)
            #expect(found == [message.asRead, message.asRead])
            #expect(try frame.index(of: message.id) == message.index)
        }
        for index in [0, frame.frame.last + 1] {
            #expect(try !frame.row(at: index, topics: topics.number) { _ in })
        }
        #expect(try frame.index(of: .publishers(77_777)) == nil)
    }

    @Test("A line shows its own and the global messages, from any place on")
    func lines() throws {
        let shelf = try Shelf()
        let messages = Messages.plain(50)
        let frame = try shelf.reader().unpack(try shelf.add(messages)[0])
        for wid in [nil, 0, 1, 2, 9] as [UInt32?] {
            for after in -1...Int64(51) {
                let expected = messages.filter {
                    $0.index > after && (wid == nil || $0.wid == wid || $0.wid == 0)
                }
                #expect(try frame.copies(after: after, of: wid) == expected)
            }
        }
        for wid in UInt32(0)...3 {
            for index in -1...Int64(51) {
                let expected = messages.count { $0.wid == wid && $0.index <= index }
                #expect(frame.count(of: wid, through: index) == Int64(expected))
            }
        }
    }

    @Test("A visit ends where it is told to")
    func ended() throws {
        let shelf = try Shelf()
        let frame = try shelf.reader().unpack(try shelf.add(Messages.plain(9))[0])
        var seen: [Int64] = []
        try frame.rows(after: 2, topics: { _ in 0 }) { row in
            seen.append(row.index)
            return row.index < 5
        }
        #expect(seen == [3, 4, 5])
    }

    @Test("A time leads to the last message created before it")
    func times() throws {
        let shelf = try Shelf()
        var messages = Messages.plain(10, from: 5, created: Messages.midnight, every: 10)
        for place in 3...5 { messages[place].created = messages[3].created }
        let frame = try shelf.reader().unpack(try shelf.add(messages)[0])
        for time in Messages.midnight - 1...Messages.midnight + 101 {
            let expected = messages.last { $0.created < time }?.index ?? 4
            #expect(try frame.index(before: time) == expected)
        }
    }

    @Test("A frame's row of the catalogue says what is in it")
    func row() throws {
        let shelf = try Shelf()
        var messages = Messages.plain(7)
        messages[2].isPublishers = false
        let row = try shelf.add(messages)[0]
        #expect(row.first == 1 && row.last == 7)
        #expect(row.file == "2026-09-21-\(Shelf.hub).jsonl.zst")
        #expect(row.offset == 0)
        #expect(row.length == (try shelf.bytes(row.file)).count)
        #expect(row.created == Messages.midnight...Messages.midnight + 6)
        let ids = messages.filter(\.isPublishers).map(\.id)
        #expect(row.ids == ids.min()!...ids.max()!)
        #expect(
            row.wids == [
                .init(wid: 0, count: 2, before: 0), .init(wid: 1, count: 3, before: 0),
                .init(wid: 2, count: 2, before: 0),
            ])
        var own = messages
        for place in own.indices {
            own[place].index += 7
            own[place].isPublishers = false
            own[place].nth += 100
        }
        #expect(try shelf.add(own)[0].ids == nil)
    }

    @Test("A frame ends before it passes a mebibyte, a larger message stands alone")
    func full() throws {
        let shelf = try Shelf()
        var messages = Messages.plain(40)
        for place in messages.indices {
            messages[place].body = "\"\(String(repeating: "x", count: 100_000))\""
        }
        let large = String(repeating: "y", count: 2 * ArchiveBounds.rawFrame)
        messages[20].body = "\"\(large)\""
        let rows = try shelf.add(messages)
        #expect(rows.map(\.first).dropFirst() == rows.map { $0.last + 1 }.dropLast())
        for row in rows where row.count > 1 {
            #expect(row.rawLength <= ArchiveBounds.rawFrame)
        }
        #expect(rows.filter { $0.rawLength > ArchiveBounds.rawFrame }.map(\.first) == [21])
        // Ten lines of a little over 100,000 bytes fit, eleven do not.
        #expect(rows.map(\.count) == [10, 10, 1, 10, 9])
        #expect(try shelf.readAll() == messages)
    }

    @Test("A frame may be a mebibyte to the byte")
    func exactly() throws {
        let shelf = try Shelf()
        var messages = Messages.plain(3)
        let plain = try shelf.build(Array(messages.prefix(2)))[0]
        #expect(plain.first == 1)
        let first = try shelf.build([messages[0]])[0]
        let second = try shelf.build([messages[1]])[0]
        let used = rawLength(first) + rawLength(second)
        messages[1].body =
            "\"" + String(repeating: "z", count: ArchiveBounds.rawFrame - used) + "\""
        let rows = try shelf.add(messages)
        #expect(rows.map(\.count) == [2, 1])
        #expect(rows[0].rawLength == ArchiveBounds.rawFrame)

        let other = try Shelf()
        messages[1].body.insert("z", at: messages[1].body.index(after: messages[1].body.startIndex))
        #expect(try other.add(messages).map(\.count) == [1, 1, 1])
    }

    private func rawLength(_ built: BuiltFrame) -> Int { built.rawLength }

    @Test("A frame ends with the UTC day, and each day has its file")
    func days() throws {
        let shelf = try Shelf()
        let rows = try shelf.add(
            Messages.plain(6, created: Messages.midnight - 3)
                + Messages.plain(3, from: 7, created: Messages.midnight + 5 * 86_400_000))
        #expect(rows.map(\.last) == [3, 6, 9])
        #expect(
            try shelf.files
                == ["2026-09-20", "2026-09-21", "2026-09-26"].map {
                    "\($0)-\(Shelf.hub).jsonl.zst"
                })
        #expect(rows.map(\.offset) == [0, 0, 0])
        #expect(try shelf.readAll().count == 9)
    }

    @Test("Random messages in random frames come back", arguments: 0..<12)
    func random(seed: UInt64) throws {
        var random = SplitMix(seed)
        let shelf = try Shelf()
        let messages = Messages.random(Int(random.number(1...900)), &random)
        let borders = Set(messages.map(\.index).filter { _ in random.oneIn(60) })
        try shelf.add(messages, borders: borders)
        #expect(try shelf.readAll() == messages.map(\.asRead))
        #expect(
            shelf.frames.map(\.first).dropFirst() == shelf.frames.map { $0.last + 1 }.dropLast())
    }

    @Test(
        "What a sound store never shows is not taken",
        arguments: [
            (2, "message 9 stands where 3 is due"), (3, "created before the one before"),
            (4, "number 9 of wid 0, 2 was due"),
        ])
    func contradictions(kind: Int, text: String) throws {
        var builder = FrameBuilder(hub: Shelf.hub)
        var messages = Messages.plain(3)
        if kind == 2 { messages[2].index = 9 }
        if kind == 3 { messages[2].created -= 5 }
        if kind == 4 {
            messages[2].wid = 0
            messages[1].wid = 0
            messages[1].nth = 1
            messages[2].nth = 9
        }
        #expect(messages[0].append(to: &builder) == .done)
        #expect(messages[1].append(to: &builder) == .done)
        let answer = messages[2].append(to: &builder)
        guard case .contradicts(let told) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(told.contains(text))
        #expect(builder.count == 2)
    }
}
