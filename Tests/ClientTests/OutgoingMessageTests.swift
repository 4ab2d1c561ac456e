import Testing
import Wire

@testable import MessageCenterClient

@Suite("A message as it goes out")
struct OutgoingMessageTests {
    private let id = "019aa0e7-8b5c-7abc-8def-0123456789ab"

    private func line(
        _ body: String, topic: String = "A_B", wid: Int = 3, key: String? = nil,
        id: String? = nil, isChecked: Bool = false
    ) throws -> String {
        let message = try OutgoingMessage(
            id: id ?? self.id, topic: topic, wid: wid, key: key, occurred: nil,
            body: Array(body.utf8), isChecked: isChecked)
        return String(decoding: message.line, as: UTF8.self)
    }

    @Test("is one line of JSON, with the body as it came")
    func whole() throws {
        #expect(
            try line(#"{"p": 2.50}"#, key: "a\"b\\c\u{1}é😀")
                == #"{"id":"\#(id)","topic":"A_B","wid":3,"#
                + #""key":"a\"b\\c\u0001é😀","body":{"p": 2.50}}"#
        )
    }

    @Test("keeps its line even where the body has several")
    func lineEnds() throws {
        let text = try line("{\r\n \"a\": [\n1]}")
        #expect(!text.contains("\n") && !text.contains("\r"))
        #expect(try JSONValue.parse(text)["body"] == ["a": [1]])
    }

    @Test(
        "cannot be ended early, or get another member, by its body",
        arguments: [
            #"1},{"topic":"A_B","wid":0,"body":1"#, #"1,"wid":0"#, "", "{", "nul", "1 2",
            "\u{FEFF}1",
            "'a'", "{\"a\":1}\0",
        ])
    func injection(body: String) {
        let refusal = #expect(throws: Refusal.self) { try line(body) }
        #expect(refusal?.code == PublishCode.invalid)
    }

    @Test("has an id of version 7, in lower case")
    func ids() throws {
        #expect(try line("1", id: id.uppercased()).contains(id))
        for bad in [
            "", "7", "019aa0e7-8b5c-4abc-8def-0123456789ab", id + "0", "g" + id.dropFirst(),
        ] {
            #expect(throws: Refusal.self, "\(bad)") { try line("1", id: bad) }
        }
    }

    @Test("has a topic, a wid and a body that may be")
    func bounds() throws {
        for topic in ["", "A B", "Ä_B", "A\n", String(repeating: "x", count: 129)] {
            #expect(throws: Refusal.self) { try line("1", topic: topic) }
        }
        for wid in [-1, 1 << 31] { #expect(throws: Refusal.self) { try line("1", wid: wid) } }
        let large = "\"" + String(repeating: "x", count: OutgoingMessage.largestBody) + "\""
        let refusal = #expect(throws: Refusal.self) { try line(large, isChecked: true) }
        #expect(refusal?.code == PublishCode.bodyTooLarge)
    }
}
