import MessageCenterClient
import Testing
import Wire

@testable import message_center

@Suite("A line of a file")
struct MessageLineTests {
    private func text(_ line: String) throws -> String {
        String(decoding: try MessageLine(Array(line.utf8)) { "ID" }.bytes, as: UTF8.self)
    }

    @Test("gets an id, and stays as it is otherwise")
    func id() throws {
        let line = #" { "topic":"A_B", "wid": 1, "body": {"p": 2.50} }"#
        #expect(
            try text(line) == #" {"id":"ID", "topic":"A_B", "wid": 1, "body": {"p": 2.50} }"#)
    }

    @Test("keeps the id it has", arguments: ["id", "Id", "ID"])
    func ownID(name: String) throws {
        let line = #"{"Topic":"A_B","WID":0,"Body":null,"\#(name)":"x"}"#
        #expect(try text(line) == line)
    }

    @Test(
        "is refused with the reason",
        arguments: [
            (#"{"wid":1,"body":1}"#, "\"topic\" is missing"),
            (#"{"topic":"A_B","body":1}"#, "\"wid\" is missing"),
            (#"{"topic":"A_B","wid":1}"#, "\"body\" is missing"),
            (#"{"topic":"A B","wid":1,"body":1}"#, "not \"A B\""),
            (#"{"topic":"A_B","wid":-1,"body":1}"#, "not -1"),
            (#"{"topic":"A_B","wid":1.5,"body":1}"#, "not 1.5"),
            (#"{"topic":"A_B","wid":2147483648,"body":1}"#, "not 2147483648"),
            ("[1]", "not an object"),
            ("{", "no JSON (at byte 2"),
        ])
    func refused(line: String, why: String) throws {
        let mistake = #expect(throws: MessageLine.Mistake.self) { try text(line) }
        let reason = try #require(mistake).text
        #expect(reason.contains(why), "\(reason)")
    }
}

@Suite("The lines of a file")
struct LineReaderTests {
    @Test("are numbered as an editor numbers them; blank ones are passed over")
    func numbers() throws {
        let file = try TemporaryFile("a\n\n  \r\nb\nlast")
        var reader = try LineReader(path: file.path)
        var lines: [String] = []
        while let line = try reader.next() {
            lines.append("\(line.number) \(String(decoding: line.bytes, as: UTF8.self))")
        }
        #expect(lines == ["1 a", "4 b", "5 last"])
        #expect(reader.position == reader.size)
    }

    @Test("may be as long as a message may be, and no longer")
    func length() throws {
        let file = try TemporaryFile(
            "a\n" + String(repeating: "x", count: LineReader.longestLine + 200_000))
        var reader = try LineReader(path: file.path)
        _ = try reader.next()
        #expect(throws: ByteStream.Failure.self) { try reader.next() }
    }
}

@Suite("The ids of messages")
struct MessageIDSourceTests {
    @Test("are UUIDs of version 7 that rise, also in one millisecond")
    func rising() {
        var source = MessageIDSource()
        let ids = (0..<20_000).map { _ in source.next() }
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
        #expect(ids.allSatisfy { $0.utf8.count == 36 && Array($0)[14] == "7" })
        #expect(ids.allSatisfy { "89ab".contains(Array($0)[19]) })
    }
}

@Suite("The sample")
struct SampleTests {
    private let events = Sample.lines()

    @Test("is the same every time")
    func deterministic() {
        #expect(events == Sample.lines())
    }

    @Test("has some hundred messages, all of them good, and none with an id")
    func good() throws {
        #expect(300...900 ~= events.count)
        for event in events {
            let line = try MessageLine(Array(event.utf8)) { "ID" }
            #expect(line.bytes.count == event.utf8.count + #""id":"ID","#.utf8.count)
        }
    }

    @Test("is for eight warehouses and for all of them, and has what coalescing is for")
    func content() throws {
        let values = try events.map { try JSONValue.parse($0) }
        #expect(Set(values.compactMap { $0["wid"]?.integer }) == Set(0...8))
        let topics = Set(values.compactMap { $0["topic"]?.text })
        #expect(
            topics == [
                "Product_Created", "Product_Changed", "Promotion_Created", "Promotion_Deleted",
                "SaleOrder_Created", "SaleOrder_Changed", "SaleOrder_Deleted",
            ])
        let runs = zip(values, values.dropFirst()).filter {
            $0["key"] == $1["key"] && $1["topic"]?.text == "Product_Changed"
        }
        #expect(runs.count > 10)
        #expect(events.contains { !$0.utf8.allSatisfy { $0 < 0x80 } })
    }
}

@Suite("What was published")
struct PublishedTests {
    @Test(
        "is told with the right words for none, one and many",
        arguments: [
            (nil, "nothing to publish: there was no message"),
            ((1, 7, 7), "published 1 message, index 7, in "),
            ((3, 7, 9), "published 3 messages, index 7 to 9 in "),
        ] as [((Int, Int, Int)?, String)])
    func summary(answer: (count: Int, first: Int, last: Int)?, text: String) throws {
        var published = Published()
        if let answer {
            published.add(
                try JSONValue.parse(
                    """
                    {"count":\(answer.count),"firstIndex":\(answer.first),\
                    "lastIndex":\(answer.last),"duplicates":0}
                    """))
        }
        #expect(published.summary.hasPrefix(text), "\(published.summary)")
    }
}

@Suite("Sending again")
struct ResendingTests {
    @Test("waits longer each time, within bounds")
    func pauses() {
        #expect(0.1...0.2 ~= Resending.pause(1))
        #expect(0.4...0.8 ~= Resending.pause(3))
        #expect(5.0...10 ~= Resending.pause(50))
    }
}
