import Testing
import Wire

@testable import message_center

@Suite("What people see")
struct TerminalTests {
    @Test("is a table whose numbers lean to the right")
    func table() {
        var table = Table([("N", .right), ("NAME", .left)])
        table.add(["7", "seven"])
        table.add(["1300", nil])
        #expect(table.lines() == ["   N  NAME", "   7  seven", "1300  "])
    }

    @Test("keeps its columns with letters that are twice as wide")
    func wide() {
        var table = Table([("A", .left), ("B", .left)])
        table.add(["茶壶", "x"])
        table.add(["abcd", "y"])
        #expect(table.lines() == ["A     B", "茶壶  x", "abcd  y"])
    }

    @Test("ends where the terminal ends")
    func narrow() {
        var table = Table([("A", .left), ("B", .left)])
        table.add(["ab", "0123456789abcdef"])
        #expect(table.lines(width: 14)[1] == "ab  012345678…")
    }

    @Test("cannot steer the terminal, whatever a message says")
    func control() {
        #expect(fit("a\u{1B}[2Jb\u{07}") == "a�[2Jb�")
    }

    @Test(
        "groups the digits of numbers",
        arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567")])
    func numbers(number: Int, text: String) {
        #expect(grouped(number) == text)
    }

    @Test(
        "tells a stretch of time in the unit that shows it",
        arguments: [
            (0, "0.0 s"), (0.0012, "1.2 ms"), (0.25, "250 ms"), (12, "12.0 s"), (120, "2.0 min"),
            (7_200, "2.0 h"), (864_000, "10.0 d"),
        ])
    func stretch(seconds: Double, text: String) {
        #expect(span(seconds: seconds) == text)
    }

    @Test("holds the place of a key that a message has not")
    func noKey() throws {
        let message = try JSONValue.parse(
            #"{"index":7,"created":"T","wid":0,"topic":"A_B","key":null,"body":1}"#)
        #expect(MessageTable.line(message, width: 0) == "7  T  0  A_B  -  1")
    }

    @Test(
        "has commands that a shell reads as they are meant",
        arguments: [
            ("north-1", "north-1"), ("http://[::1]:8", "'http://[::1]:8'"), ("", "''"),
            ("a'b", #"'a'\''b'"#), ("$x y", "'$x y'"),
        ])
    func word(text: String, word: String) {
        #expect(shellWord(text) == word)
    }

    @Test(
        "has a bar that fills",
        arguments: [(0, "  0%"), (50, " 50%"), (100, "100%"), (200, "100%")])
    func bar(done: Int, percent: String) {
        let line = ProgressBar.line(done: done, total: 100)
        #expect(line.hasSuffix(percent))
        #expect(line.count == 37)
    }

    @Test("shows any record: members, members of members, lists")
    func record() throws {
        let record = try JSONValue.parse(
            #"{"wid":3,"lag":{"messages":2},"name":null,"journey":[{"wid":3,"state":"ok"}]}"#)
        #expect(
            RecordView.lines(record, width: 0) == [
                "wid           3", "lag.messages  2", "name          ", "", "journey:",
                "  WID  STATE", "    3  ok",
            ])
    }
}

@Suite("An object built member by member")
struct JSONObjectTests {
    @Test("keeps JSON text byte for byte and quotes the rest")
    func text() {
        var object = JSONObject()
        object.add("a", "x\"y\n")
        object.add("b", 7)
        object.add("c", json: "{ \"p\": 2.50 }")
        object.add("d", set: false)
        object.add("e", ["q"])
        object.add("f", nil as String?)
        #expect(object.text == #"{"a":"x\"y\n","b":7,"c":{ "p": 2.50 },"e":["q"]}"#)
    }
}
