import Testing

@testable import Wire

@Suite("Texts in JSON")
struct JSONTextTests {
    @Test(
        "Escapes are decoded",
        arguments: [
            ("", ""), ("plain", "plain"), ("\\\"\\\\\\/", "\"\\/"),
            ("\\b\\f\\n\\r\\t", "\u{8}\u{C}\n\r\t"),
            ("\\u0041\\u00e4\\u4F60", "Aä你"), ("\\ud83d\\ude00", "😀"), ("a\\uD83D\\uDE00b", "a😀b"),
            ("\\u0000", "\u{0}"), ("\\uFFFF", "\u{FFFF}"), ("\\uDBFF\\uDFFF", "\u{10FFFF}"),
            ("\\uD800\\uDC00", "\u{10000}"), ("x\\\\u0041", "x\\u0041"), ("é\\né", "é\né"),
        ])
    func decoding(escaped: String, expected: String) throws {
        var reader = JSONReader("\"\(escaped)\"".utf8.span.bytes)
        let text = try reader.readText()
        #expect(try reader.text(text) == expected)
        var output = ByteBuffer("before ")
        try reader.decode(text, into: &output)
        #expect(output.text == "before " + expected)
        #expect(text.hasEscapes == escaped.contains("\\"))
    }

    @Test(
        "Half of a surrogate pair is refused when decoded, and nothing is appended",
        arguments: [
            ("\\ud800", 1), ("\\udc00", 1), ("ab\\ud800x", 3), ("\\ud800\\u0041", 1),
            ("\\ud800\\ud800", 1), ("\\ude00\\ud83d", 1), ("\\ud800\\n12345", 1),
            ("\\ud83d\\ude0", 1),
        ])
    func loneSurrogates(escaped: String, offset: Int) throws {
        // The last one is cut inside its second half, which is no escape at all.
        guard escaped != "\\ud83d\\ude0" else {
            #expect(throws: JSONError.self) { try JSONValue.parse("\"\(escaped)\"") }
            return
        }
        var reader = JSONReader("\"\(escaped)\"".utf8.span.bytes)
        let text = try reader.readText()
        try reader.finish()
        var output = ByteBuffer("before")
        do throws(JSONError) {
            try reader.decode(text, into: &output)
            Issue.record("decoded")
        } catch {
            #expect(error == JSONError(.loneSurrogate, at: offset))
        }
        #expect(output.text == "before")
        #expect(reader.matches(text, "before") == false)
    }

    @Test(
        "A value with half of a surrogate pair in any of its texts and names is not copied",
        arguments: [
            (#""\ud800""#, 1), (#"{"a":["x\n\udfffy"]}"#, 10), (#"{"\ud83d":1}"#, 2),
            (#"["\ud83d\ude00\ud83d"]"#, 14), (#" [ "\ud800\u0041" ] "#, 4),
        ])
    func loneSurrogateInValue(json: String, offset: Int) throws {
        var reader = JSONReader("[\(json),7]".utf8.span.bytes)
        var output = ByteBuffer("before")
        try reader.beginArray()
        #expect(try reader.nextElement())
        do throws(JSONError) {
            try reader.copyValueCompact(into: &output)
            Issue.record("copied")
        } catch {
            #expect(error == JSONError(.loneSurrogate, at: offset + 1))
        }
        #expect(output.text == "before")
        // The reader stands behind the value, and the next one is judged by itself.
        #expect(try reader.nextElement())
        try reader.copyValueCompact(into: &output)
        #expect(output.text == "before7")
    }

    @Test(
        "Names match whatever their case and escapes",
        arguments: [
            ("topic", true), ("Topic", true), ("TOPIC", true), ("\\u0074opic", true),
            ("\\u0054OPI\\u0043", true), ("topi", false), ("topics", false), ("", false),
            ("topi\\u0063s", false), ("\\u0054opi", false), ("t\\u004Fpi\\u212A", false),
            ("t0pic", false), ("\\u0014opic", false), ("\\ud800opic", false),
        ])
    func matching(name: String, isTopic: Bool) throws {
        var reader = JSONReader("\"\(name)\"".utf8.span.bytes)
        let text = try reader.readText()
        #expect(reader.matches(text, "topic") == isTopic)
        #expect(reader.matches(text, "TOPIC") == isTopic)
    }
}

@Suite("Writing JSON")
struct JSONWriterTests {
    @Test(
        "Texts are quoted and escaped",
        arguments: [
            ("", "\"\""), ("plain", "\"plain\""), ("a\"b\\c/", "\"a\\\"b\\\\c/\""),
            ("\u{8}\u{C}\n\r\t", "\"\\b\\f\\n\\r\\t\""),
            ("\u{0}\u{1F}\u{10}", "\"\\u0000\\u001f\\u0010\""),
            ("\u{7F}é你😀\u{2028}", "\"\u{7F}é你😀\u{2028}\""), ("12345678\n", "\"12345678\\n\""),
            ("\"\"\"\"\"\"\"\"\"", "\"" + String(repeating: "\\\"", count: 9) + "\""),
        ])
    func texts(text: String, expected: String) throws {
        #expect(written { $0.appendJSON(text: text) } == expected)
        #expect(try JSONValue.parse(expected) == .text(text))
        var copy = text
        let viaPointer = copy.withUTF8 { bytes in
            written { $0.appendJSON(text: UnsafeRawBufferPointer(bytes)) }
        }
        #expect(viaPointer == expected)
    }

    @Test("Every short text comes back from its JSON")
    func roundTrip() throws {
        for scalar in (0..<0x300).compactMap(Unicode.Scalar.init) {
            for text in [String(scalar), "1234567" + String(scalar) + "x"] {
                let json = written { $0.appendJSON(text: text) }
                #expect(try JSONValue.parse(json) == .text(text))
            }
        }
        #expect(written { $0.appendJSON(text: "static" as StaticString) } == "\"static\"")
    }

    @Test(
        "White space between tokens is taken away, all else stays byte for byte",
        arguments: [
            (
                " { \"a b\" : [ 1.50 , \"\\u0041 \\\" \" ] , \"c\" : { } } ",
                "{\"a b\":[1.50,\"\\u0041 \\\" \"],\"c\":{}}"
            ),
            ("[1,2]", "[1,2]"), (" 1 ", "1"), ("\t\"a\\\\\"\r\n", "\"a\\\\\""), ("[\n]", "[]"),
            (#"["\ud83d\uDE00", "\\ud800"]"#, #"["\ud83d\uDE00","\\ud800"]"#),
            ("{\"k\":\"\\\\\" , \"b\" : -0}", "{\"k\":\"\\\\\",\"b\":-0}"),
        ])
    func compact(text: String, expected: String) throws {
        var reader = JSONReader(text.utf8.span.bytes)
        var output = ByteBuffer()
        try reader.copyValueCompact(into: &output)
        try reader.finish()
        #expect(output.text == expected)
    }

    @Test("Nothing is copied of a value that is malformed")
    func malformed() {
        var reader = JSONReader("[1, 2".utf8.span.bytes)
        var output = ByteBuffer("before")
        #expect(throws: JSONError.self) { try Self.copy(&reader, &output) }
        #expect(output.text == "before")
    }

    private static func copy(
        _ reader: inout JSONReader, _ output: inout ByteBuffer
    ) throws(JSONError) {
        try reader.copyValueCompact(into: &output)
    }
}

@Suite("JSON values")
struct JSONValueTests {
    @Test("A document is read, looked into and written")
    func document() throws {
        let text = "{\"a\":[1,2.50,true,null,\"x\\n\"],\"b\":{\"c\":-3},\"b\":0}"
        let value = try JSONValue.parse(text)
        #expect(value["a"]?[0]?.integer == 1)
        #expect(value["a"]?[1]?.double == 2.5 && value["a"]?[1]?.integer == nil)
        #expect(value["a"]?[2]?.boolean == true)
        #expect(value["a"]?[3]?.isNull == true)
        #expect(value["a"]?[4]?.text == "x\n")
        #expect(value["a"]?[5] == nil && value["a"]?["x"] == nil && value["x"] == nil)
        #expect(value["b"]?["c"]?.integer == -3)
        #expect(value.members?.count == 3 && value["a"]?.elements?.count == 5)
        #expect(value.serialized() == text)
    }

    @Test("Literals make values")
    func literals() {
        let value: JSONValue = ["a": [1, "b", true, nil], "c": [:]]
        #expect(value.serialized() == "{\"a\":[1,\"b\",true,null],\"c\":{}}")
    }

    @Test("Random values survive white space, compacting and reading again")
    func random() throws {
        var numbers = SeededNumbers(seed: 3)
        for _ in 0..<500 {
            let value = RandomJSON.value(depth: 4, &numbers)
            let plain = value.serialized()
            let spaced = RandomJSON.spaced(value, &numbers)
            #expect(try JSONValue.parse(spaced) == value)
            var reader = JSONReader(spaced.utf8.span.bytes)
            var output = ByteBuffer()
            try reader.copyValueCompact(into: &output)
            try reader.finish()
            #expect(output.text == plain)
        }
    }
}

/// JSON that nobody thought of.
private enum RandomJSON {
    static func value(depth: Int, _ numbers: inout SeededNumbers) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &numbers) {
        case 0: .null
        case 1: .boolean(.random(using: &numbers))
        case 2: .number(String(Int64.random(in: .min ... .max, using: &numbers)))
        case 3: .number("\(Double.random(in: -1e10...1e10, using: &numbers))")
        case 4: .text(text(&numbers))
        case 5:
            .array(
                (0..<Int.random(in: 0...4, using: &numbers)).map { _ in
                    value(depth: depth - 1, &numbers)
                })
        default:
            .object(
                (0..<Int.random(in: 0...4, using: &numbers)).map { _ in
                    .init(text(&numbers), value(depth: depth - 1, &numbers))
                })
        }
    }

    static func text(_ numbers: inout SeededNumbers) -> String {
        let characters: [Character] = [
            "a", " ", "\"", "\\", "\n", "\u{1}", "é", "你", "😀", "/", "{",
        ]
        let count = Int.random(in: 0...20, using: &numbers)
        return String((0..<count).map { _ in characters.randomElement(using: &numbers) ?? "a" })
    }

    /// The JSON text with random white space wherever it may stand.
    static func spaced(_ value: JSONValue, _ numbers: inout SeededNumbers) -> String {
        func blank() -> String {
            String(
                (0..<Int.random(in: 0...2, using: &numbers)).map { _ in
                    [" ", "\t", "\n", "\r"].randomElement(using: &numbers) ?? " "
                } as [Character])
        }
        var inner: String
        switch value {
        case .array(let elements):
            let parts = elements.map { spaced($0, &numbers) }
            inner = "[" + (parts.isEmpty ? blank() : parts.joined(separator: ",")) + "]"
        case .object(let members):
            let parts = members.map { member in
                blank() + JSONValue.text(member.name).serialized() + blank() + ":"
                    + spaced(member.value, &numbers)
            }
            inner = "{" + (parts.isEmpty ? blank() : parts.joined(separator: ",")) + "}"
        default: inner = value.serialized()
        }
        return blank() + inner + blank()
    }
}
