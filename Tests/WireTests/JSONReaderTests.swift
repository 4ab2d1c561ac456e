import Testing

@testable import Wire

@Suite("The JSON reader")
struct JSONReaderTests {
    static let good = [
        "null", "true", "false", "0", "-0", "1", "-1", "10", "9223372036854775807", "1.5", "-0.0",
        "1e5", "1E+5", "1.25e-10", "123456789012345678901234567890", "\"\"", "\"a\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"", "\"\\uD83D\\uDE00\"", "\"\\ud800\"",
        "\"é你😀\u{7F}\"",
        "\"\u{FEFF}\"", "[]", "[1]", "[1,2,[3,[]],{}]", "{}", "{\"a\":1}", "{\"\":null}",
        "{\"a\":{\"b\":[true,false,null]},\"a\":2}", " \t\r\n[ 1 , 2 ] \n", "{ \"a\" : \"b\" }",
        "\"12345678\"", "\"1234567\\n\"", "\"12345678你\"",
        String(repeating: "[", count: 128)
            + String(repeating: "]", count: 128),
        String(repeating: "{\"a\":", count: 127) + "[]" + String(repeating: "}", count: 127),
    ]

    static let bad: [(text: String, reason: JSONError.Reason, offset: Int)] = [
        ("", .unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("nul", .unexpectedEnd, 3),
        ("nulL", .unexpectedByte, 3), ("True", .unexpectedByte, 0), ("trues", .trailingBytes, 4),
        ("NaN", .unexpectedByte, 0), ("Infinity", .unexpectedByte, 0), ("'a'", .unexpectedByte, 0),
        ("\u{FEFF}{}", .byteOrderMark, 0), ("// c", .unexpectedByte, 0), ("1 2", .trailingBytes, 2),
        ("{}{}", .trailingBytes, 2), ("\u{A0}1", .unexpectedByte, 0),
        ("\u{C}1", .unexpectedByte, 0),
        ("\u{0}", .unexpectedByte, 0), ("1\u{0}", .trailingBytes, 1),
        // Numbers.
        ("+1", .unexpectedByte, 0), ("-", .unexpectedEnd, 1), ("-a", .malformedNumber, 1),
        ("01", .malformedNumber, 1), ("-01", .malformedNumber, 2), (".5", .unexpectedByte, 0),
        ("1.", .unexpectedEnd, 2), ("1.e5", .malformedNumber, 2), ("1e", .unexpectedEnd, 2),
        ("1e+", .unexpectedEnd, 3), ("1e+x", .malformedNumber, 3), ("0x10", .trailingBytes, 1),
        ("1_000", .trailingBytes, 1), ("[1.]", .malformedNumber, 3), ("--1", .malformedNumber, 1),
        // Strings.
        ("\"", .unexpectedEnd, 1), ("\"abc", .unexpectedEnd, 4), ("\"\\", .unexpectedEnd, 2),
        ("\"\\\"", .unexpectedEnd, 3), ("\"\\x\"", .malformedEscape, 1),
        ("\"\\u12\"", .malformedEscape, 1), ("\"\\u12", .unexpectedEnd, 5),
        ("\"\\u123g\"", .malformedEscape, 1), ("\"\\U0041\"", .malformedEscape, 1),
        ("\"a\nb\"", .controlCharacter, 2), ("\"\u{0}\"", .controlCharacter, 1),
        ("\"1234567\u{1F}\"", .controlCharacter, 8), ("\"\t\"", .controlCharacter, 1),
        // Arrays and objects.
        ("[", .unexpectedEnd, 1), ("[1", .unexpectedEnd, 2), ("[1,", .unexpectedEnd, 3),
        ("[1,]", .unexpectedByte, 3), ("[,1]", .unexpectedByte, 1), ("[1 2]", .unexpectedByte, 3),
        ("[1}", .unexpectedByte, 2), ("[}", .unexpectedByte, 1), ("]", .unexpectedByte, 0),
        ("{", .unexpectedEnd, 1), ("{\"a\"", .unexpectedEnd, 4), ("{\"a\":", .unexpectedEnd, 5),
        ("{\"a\":1", .unexpectedEnd, 6), ("{\"a\":1,}", .unexpectedByte, 7),
        ("{,}", .unexpectedByte, 1), ("{a:1}", .unexpectedByte, 1), ("{1:1}", .unexpectedByte, 1),
        ("{\"a\" 1}", .unexpectedByte, 5), ("{\"a\":}", .unexpectedByte, 5),
        ("{\"a\":1 \"b\":2}", .unexpectedByte, 7), ("{\"a\":1]", .unexpectedByte, 6),
        ("{\"a\",1}", .unexpectedByte, 4), ("{\"a\":1,,\"b\":2}", .unexpectedByte, 7),
        (String(repeating: "[", count: 129), .tooDeep, 128),
        (String(repeating: "{\"a\":", count: 129), .tooDeep, 640),
        (String(repeating: "[", count: 100_000), .tooDeep, 128),
    ]

    @Test("What RFC 8259 allows is read", arguments: good)
    func accepts(text: String) throws {
        var reader = JSONReader(text.utf8.span.bytes)
        try reader.skipValue()
        try reader.finish()
    }

    @Test("What it does not allow is refused at the byte where it shows", arguments: bad)
    func refuses(text: String, reason: JSONError.Reason, offset: Int) {
        let expected = JSONError(reason, at: offset)
        #expect(
            failure(of: text) { r throws(JSONError) in
                try r.skipValue()
                try r.finish()
            } == expected)
        #expect(throws: expected) { try JSONValue.parse(text) }
        #expect(expected.isMalformed)
    }

    @Test("Every cut-off beginning of a document ends too early")
    func cutOff() throws {
        let text = "{\"a\":[1,\"b\\u00e4你\",{\"c\":null}],\"d\":true}"
        let bytes = Array(text.utf8)
        for end in 0..<bytes.count {
            let error = #expect(throws: JSONError.self) {
                try JSONValue.parse(Array(bytes[..<end]))
            }
            let insideCharacter = error?.reason == .malformedUTF8
            #expect(error?.reason == .unexpectedEnd || insideCharacter, "\(end)")
        }
    }

    @Test(
        "Only well-formed UTF-8 is taken",
        arguments: [
            ([0xC3, 0xA9], true), ([0xE4, 0xBD, 0xA0], true), ([0xF0, 0x9F, 0x98, 0x80], true),
            ([0xC2, 0x80], true), ([0xDF, 0xBF], true), ([0xE0, 0xA0, 0x80], true),
            ([0xED, 0x9F, 0xBF], true), ([0xEE, 0x80, 0x80], true), ([0xEF, 0xBF, 0xBF], true),
            ([0xF0, 0x90, 0x80, 0x80], true), ([0xF4, 0x8F, 0xBF, 0xBF], true),
            ([0x80], false), ([0xBF], false), ([0xC0, 0x80], false), ([0xC1, 0xBF], false),
            ([0xC3], false), ([0xC3, 0x41], false), ([0xE0, 0x9F, 0xBF], false),
            ([0xE4, 0xBD], false), ([0xE4, 0x41, 0x80], false), ([0xE4, 0xBD, 0x41], false),
            ([0xED, 0xA0, 0x80], false), ([0xED, 0xBF, 0xBF], false),
            ([0xF0, 0x8F, 0xBF, 0xBF], false),
            ([0xF4, 0x90, 0x80, 0x80], false), ([0xF5, 0x80, 0x80, 0x80], false), ([0xFF], false),
            ([0xF0, 0x9F, 0x98], false), ([0xF0, 0x9F, 0x98, 0x41], false),
            ([0xF0, 0x9F, 0x41, 0x80], false), ([0xF8, 0x88, 0x80, 0x80, 0x80], false),
        ] as [([UInt8], Bool)])
    func utf8(sequence: [UInt8], isValid: Bool) {
        for before in 0...8 {
            let quoted = [0x22] + [UInt8](repeating: 0x61, count: before) + sequence + [0x61, 0x22]
            let parsed = try? JSONValue.parse(quoted)
            #expect((parsed != nil) == isValid)
        }
    }

    @Test("Members and elements are read one after another")
    func pull() throws {
        let text =
            "{\"topic\":\"a\",\"wid\": -12 ,\"ok\":true,\"no\":null,\"list\":[1,[],{}],\"x\":{}}"
        var reader = JSONReader(text.utf8.span.bytes)
        var seen: [String] = []
        try reader.beginObject()
        while let name = try reader.nextMember() {
            let label = try reader.text(name)
            switch label {
            case "topic": seen.append("topic " + (try reader.text(try reader.readText())))
            case "wid": seen.append("wid \(try reader.readInteger())")
            case "ok": seen.append("ok \(try reader.readBool())")
            case "no":
                try reader.readNull()
                seen.append("null")
            case "list":
                try reader.beginArray()
                while try reader.nextElement() {
                    let range = try reader.skipValue()
                    seen.append(reader.raw(range).text(in: 0..<Int(range.length)))
                }
            default: #expect(try reader.peekKind() == .object); try reader.skipValue()
            }
        }
        try reader.finish()
        #expect(seen == ["topic a", "wid -12", "ok true", "null", "1", "[]", "{}"])
    }

    @Test(
        "Malformed structure is refused while it is pulled",
        arguments: [
            ("{\"a\":1,}", .unexpectedByte, 7), ("{\"a\":1 \"b\":2}", .unexpectedByte, 7),
            ("{,\"a\":1}", .unexpectedByte, 1), ("{\"a\":1", .unexpectedEnd, 6),
            ("{\"a\":1]", .unexpectedByte, 6), ("{\"a\"=1}", .unexpectedByte, 4),
        ] as [(String, JSONError.Reason, Int)])
    func pullMalformed(text: String, reason: JSONError.Reason, offset: Int) {
        let error = failure(of: text) { reader throws(JSONError) in
            try reader.beginObject()
            while try reader.nextMember() != nil { _ = try reader.readInteger() }
            try reader.finish()
        }
        #expect(error == JSONError(reason, at: offset))
    }

    @Test(
        "Depth counts from the outermost level, whichever way it is entered",
        arguments: [
            0, 1, 64, 127,
        ])
    func depth(levels: Int) {
        let deepest = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        #expect(
            failure(of: deepest) { r throws(JSONError) in try Self.skip(&r, below: levels) } == nil)
        let deeper = "[" + deepest + "]"
        #expect(
            failure(of: deeper) { r throws(JSONError) in try Self.skip(&r, below: levels) }?.reason
                == .tooDeep)
    }

    @Test("No more than 128 levels are entered")
    func entering() {
        let deeper = String(repeating: "[", count: 129)
        let error = failure(of: deeper) { r throws(JSONError) in try Self.skip(&r, below: 129) }
        #expect(error == JSONError(.tooDeep, at: 128))
    }

    /// Enters as many arrays, and passes over the value inside.
    private static func skip(
        _ reader: inout JSONReader, below levels: Int
    ) throws(JSONError) {
        for _ in 0..<levels {
            try reader.beginArray()
            _ = try reader.nextElement()
        }
        try reader.skipValue()
    }

    /// The error that `read` throws over `text`.
    private func failure(
        of text: String, _ read: (inout JSONReader) throws(JSONError) -> Void
    ) -> JSONError? {
        var reader = JSONReader(text.utf8.span.bytes)
        do {
            try read(&reader)
            return nil
        } catch {
            return error
        }
    }
}

@Suite("Values of another kind than asked for")
struct JSONMismatchTests {
    @Test(
        "Only whole numbers in 64 bits are integers; the reader goes on behind others",
        arguments: [
            ("0", 0, nil), ("-0", 0, nil), ("42", 42, nil), ("9223372036854775807", .max, nil),
            ("-9223372036854775808", .min, nil), ("9223372036854775808", 0, .integerOutOfRange),
            ("-9223372036854775809", 0, .integerOutOfRange),
            ("99999999999999999999999", 0, .integerOutOfRange), ("1.0", 0, .notAnInteger),
            ("1e3", 0, .notAnInteger), ("\"5\"", 0, .notAnInteger), ("null", 0, .notAnInteger),
            ("[1,{\"a\":2}]", 0, .notAnInteger), ("true", 0, .notAnInteger),
        ] as [(String, Int64, JSONError.Reason?)])
    func integers(text: String, value: Int64, reason: JSONError.Reason?) throws {
        var reader = JSONReader("[ \(text) , 7]".utf8.span.bytes)
        try reader.beginArray()
        _ = try reader.nextElement()
        do throws(JSONError) {
            #expect(try reader.readInteger() == value)
            #expect(reason == nil)
        } catch {
            #expect(error == JSONError(try #require(reason), at: 2) && !error.isMalformed)
        }
        #expect(try reader.nextElement() == true)
        #expect(try reader.readInteger() == 7)
        #expect(try reader.nextElement() == false)
        try reader.finish()
    }

    @Test("Every reading call passes over what it can not take")
    func others() throws {
        var reader = JSONReader("[ 1, [2], {\"a\":3}, \"4\", 5, 6, 7 ]".utf8.span.bytes)
        var reasons: [JSONError.Reason] = []
        try reader.beginArray()
        var turn = 0
        while try reader.nextElement() {
            do throws(JSONError) {
                switch turn {
                case 0: try reader.beginObject()
                case 1: _ = try reader.readText()
                case 2: try reader.beginArray()
                case 3: _ = try reader.readBool()
                case 4: try reader.readNull()
                default: _ = try reader.readInteger()
                }
            } catch {
                #expect(!error.isMalformed && !error.text.description.isEmpty)
                reasons.append(error.reason)
            }
            turn += 1
        }
        try reader.finish()
        #expect(reasons == [.notAnObject, .notAText, .notAnArray, .notABoolean, .notNull])
    }

    @Test("A malformed value is malformed, not of another kind")
    func malformed() {
        var reader = JSONReader("[1,]".utf8.span.bytes)
        do throws(JSONError) {
            try reader.beginObject()
            Issue.record("no object is there")
        } catch {
            #expect(error.isMalformed && error.offset == 3)
        }
    }
}
