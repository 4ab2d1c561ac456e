import Hub
import TestSupport
import Testing

@Suite("Ids")
struct IDTests {
    @Test(
        "Version and variant stand where RFC 9562 has them",
        arguments: [
            // The example of RFC 9562, appendix A.6.
            (0x017F_22E2_79B0_7CC3, 0x98C4_DC0C_0C07_398F, true),
            (0x0000_0000_0000_7000, 0x8000_0000_0000_0000, true),
            (0xFFFF_FFFF_FFFF_7FFF, 0xBFFF_FFFF_FFFF_FFFF, true),
            (0x017F_22E2_79B0_4CC3, 0x98C4_DC0C_0C07_398F, false),
            (0x017F_22E2_79B0_8CC3, 0x98C4_DC0C_0C07_398F, false),
            (0x017F_22E2_79B0_7CC3, 0x18C4_DC0C_0C07_398F, false),
            (0x017F_22E2_79B0_7CC3, 0x58C4_DC0C_0C07_398F, false),
            (0x017F_22E2_79B0_7CC3, 0xD8C4_DC0C_0C07_398F, false),
            (0, 0, false), (UInt64.max, UInt64.max, false),
        ] as [(UInt64, UInt64, Bool)])
    func version(high: UInt64, low: UInt64, isVersion7: Bool) {
        #expect(MessageID(high: high, low: low).isVersion7 == isVersion7)
    }

    @Test("An id's time is its first 48 bits")
    func time() {
        // 2022-02-22 19:22:22 UTC, as RFC 9562 says of its example.
        let id = MessageID(high: 0x017F_22E2_79B0_7CC3, low: 0x98C4_DC0C_0C07_398F)
        #expect(id.milliseconds == 1_645_557_742_000)
        #expect(MessageID(high: .max, low: 0).milliseconds == (1 << 48) - 1)
    }

    @Test("Ids sort as their bytes do")
    func order() {
        let rising = [
            MessageID(high: 0, low: 0), MessageID(high: 0, low: .max), MessageID(high: 1, low: 0),
            MessageID(high: 1 << 63, low: 0), MessageID(high: .max, low: .max),
        ]
        #expect(rising.shuffled().sorted() == rising)
    }

    // MARK: Ids that the hub gives

    @Test(
        "The hub's ids are of version 7, bear the time, and lead back to the index",
        arguments: [0, 1, 0x1FF, 0x200, 0x155555, (1 << 21) - 1] as [UInt32],
        [1, 4096, (1 << 32) + 1, Limits.integer] as [Int64])
    func given(tag: UInt32, index: Int64) {
        for created in [0, 1_700_000_000_000, (1 << 48) - 1] as [Int64] {
            let id = HubIDs(tag: tag).id(created: created, index: index)
            #expect(id.isVersion7)
            #expect(id.milliseconds == created)
            #expect(HubIDs(tag: tag).index(in: id) == index)
        }
    }

    @Test("The bits lie as documented: tag in two parts, index in the low 53")
    func layout() {
        let id = HubIDs(tag: 0b1010_1010_1011_1_0000_0001).id(created: 0x1234, index: 0x55)
        #expect(id.high == 0x1234 << 16 | 0x7000 | 0b1010_1010_1011)
        let low: UInt64 = 0b10 << 62 | 0b1_0000_0001 << 53 | 0x55
        #expect(id.low == low)
    }

    @Test("They rise with the index while the time stands, and with the time")
    func rise() {
        let ids = HubIDs(tag: 99)
        let given = [(5, 1), (5, 2), (5, 1 << 40), (6, (1 << 40) + 1)] as [(Int64, Int64)]
        let made = given.map { ids.id(created: $0, index: $1) }
        #expect(made == made.sorted())
        #expect(Set(made).count == made.count)
    }

    @Test("An id of another tag is not the hub's own", arguments: 0..<21)
    func otherTag(bit: Int) {
        let id = HubIDs(tag: 0x0F0F0F ^ (1 << bit)).id(created: 7, index: 5)
        #expect(HubIDs(tag: 0x0F0F0F).index(in: id) == nil)
        #expect(!HubIDs(tag: 0x0F0F0F).isReserved(id, head: 0))
    }

    @Test(
        "Reserved is what the hub may itself give before long: above the head, and near",
        arguments: [
            (10, 9, false), (10, 10, false), (10, 11, true), (10, 10 + (1 << 32), true),
            (10, 11 + (1 << 32), false), (0, 0, false), (0, 1, true),
        ] as [(Int64, Int64, Bool)])
    func reserved(head: Int64, index: Int64, isReserved: Bool) {
        let ids = HubIDs(tag: 3)
        #expect(ids.isReserved(ids.id(created: 1, index: index), head: head) == isReserved)
    }

    @Test("Ids of hubs before the fork lead to their message, what they gave later does not")
    func forks() {
        let forks = [Fork(hub: "a", tag: 5, head: 10), Fork(hub: "b", tag: 6, head: 20)]
        let ids = HubIDs(tag: 7, forks: forks)
        for (tag, index, leads) in [
            (5, 1, true), (5, 10, true), (5, 11, false), (6, 11, true), (6, 20, true),
            (6, 21, false), (7, 21, true), (8, 1, false),
        ] as [(UInt32, Int64, Bool)] {
            let id = HubIDs(tag: tag).id(created: 1, index: index)
            #expect(ids.index(in: id) == (leads ? index : nil))
            // Only what this hub may give itself is kept free.
            #expect(ids.isReserved(id, head: 20) == (tag == 7))
        }
    }

    // MARK: Time, sessions, bytes

    @Test("Created stands still until a clock that was stepped back has caught up")
    func clock() {
        var clock = CreatedClock(last: 100)
        let given = ([50, 100, 101, 99, 0, 102] as [Int64]).map { clock.now(wall: $0) }
        #expect(given == [100, 100, 101, 101, 101, 102])
        #expect(clock.last == 102)
    }

    @Test(
        "A session's name is 1 to 64 visible ASCII characters",
        arguments: [
            ("a", true), (String(repeating: "~", count: 64), true), ("!", true), ("", false),
            (String(repeating: "~", count: 65), false), ("a b", false), ("ä", false),
            ("a\n", false), ("\u{7F}", false), ("\u{0}", false),
        ])
    func sessions(name: String, isValid: Bool) {
        #expect((SessionName(name)?.text == name) == isValid)
        #expect((SessionName(name) != nil) == isValid)
    }

    @Test("Session names are the same only if every character is")
    func sessionsDiffer() {
        let names = (1...64).map { String(repeating: "x", count: $0) }
        #expect(Set(names.map { SessionName($0)! }).count == 64)
        for place in 0..<64 {
            var other = Array(repeating: UInt8(ascii: "x"), count: 64)
            other[place] = UInt8(ascii: "y")
            #expect(SessionName(other) != SessionName(names[63]))
        }
        #expect(SessionName("abc") == SessionName("abc"))
    }

    @Test("An arena keeps what was put in while it grows, and is cut back to a place")
    func arena() {
        var arena = Arena(capacity: 4)
        let texts = (0..<200).map { String(repeating: "\($0)", count: $0) }
        let slices = texts.map { text in
            Array(text.utf8).withUnsafeBytes { arena.append($0) }
        }
        for (text, slice) in zip(texts, slices) {
            #expect(arena.bytes(slice).elementsEqual(text.utf8))
            #expect(!slice.isNone)
        }
        #expect(slices[0].count == 0, "nothing put in is not none")
        arena.truncate(to: Int(slices[100].offset))
        let again = Array("x".utf8).withUnsafeBytes { arena.append($0) }
        #expect(again.offset == slices[100].offset)
        #expect(arena.bytes(slices[99]).elementsEqual(texts[99].utf8))
        arena.removeAll(keeping: 16)
        #expect(arena.count == 0)
    }
}
