import TestSupport
import Testing

/// JSON that is made to cost its reader dear.
enum JSONAttack {
    private static func repeated(_ text: String, _ count: Int) -> String {
        String(repeating: text, count: count)
    }

    /// What it is, and the text.
    static let texts: [(name: String, text: String)] = [
        ("100,000 levels of lists", repeated("[", 100_000)),
        ("100,000 levels, closed again", repeated("[", 100_000) + repeated("]", 100_000)),
        ("100,000 levels of objects", repeated("{\"a\":", 100_000)),
        ("a list of a million nothings", "[" + repeated(",", 1_000_000)),
        ("a million members", "{" + repeated("\"a\":1,", 1_000_000) + "\"b\":1}"),
        ("a number of 200,000 digits", repeated("9", 200_000)),
        ("a number with an enormous exponent", "1e" + repeated("9", 100_000)),
        ("a fraction without end", "0." + repeated("3", 200_000)),
        ("a text without end", "\"" + repeated("x", 300_000)),
        ("a text of escapes", "\"" + repeated("\\u0041", 50_000) + "\""),
        ("lone surrogates", "\"" + repeated("\\ud800", 50_000) + "\""),
        ("backslashes without end", "\"" + repeated("\\", 100_001)),
        ("blanks without end", repeated(" \n\t\r", 70_000)),
        (
            "the same name again and again",
            "{" + repeated("\"topic\":\"A_B\",", 20_000) + "\"wid\":0}"
        ),
        ("a name of 200,000 bytes", "{\"" + repeated("n", 200_000) + "\":1}"),
        (
            "20,000 unknown members",
            "{" + (0..<20_000).map { "\"m\($0)\":0," }.joined() + "\"z\":0}"
        ),
    ]

    /// Bytes that are no UTF-8: overlong forms, surrogates, beyond Unicode, cut short.
    static let notUTF8: [[UInt8]] = [
        [0xFF], [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xF0, 0x80, 0x80, 0xAF], [0xED, 0xA0, 0x80],
        [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x80], [0xFE], [0xC1, 0xBF],
    ]

    /// Where JSON is read.
    static let paths = [
        "/v1/messages", "/v1/messages/batch", "/v1/warehouses/6/pull", "/v1/warehouses/6/commit",
        "/v1/warehouses/6/seek", "/v1/warehouses/6/dead-letters",
        "/v1/warehouses/6/dead-letters/batch", "/v1/dead-letters/retry", "/v1/archive/replay",
        "/v1/archive/prune", "/v1/archive/verify", "/v1/session",
    ]

    static let all = [
        Attack("JSON that is deep, wide, long or huge", mostMemory: 100) { hub in
            for (name, text) in texts {
                for path in paths {
                    let client = try hub.client()
                    try? client.send(
                        "POST \(path) HTTP/1.1\r\nHost: h\r\n"
                            + "Content-Length: \(text.utf8.count)\r\n\r\n\(text)")
                    let answer = try client.answer()
                    #expect(
                        (400...422).contains(answer.status), "\(name) at \(path): \(answer.text)")
                    #expect(answer.body.count < 40_000, "\(name) at \(path)")
                }
                // As what a message holds it is stored, or refused; never half.
                let answer = try hub.client().request(
                    "POST", "/v1/messages", "{\"topic\":\"A_B\",\"wid\":6,\"body\":\(text)}")
                #expect([201, 400, 413, 422].contains(answer.status), "\(name): \(answer.text)")
            }
            return []
        },
        Attack("Text that is no UTF-8") { hub in
            for path in paths {
                for bytes in notUTF8 {
                    let client = try hub.client()
                    let body =
                        Array("{\"topic\":\"A_B\",\"wid\":0,\"body\":\"".utf8) + bytes
                        + Array("\"}".utf8)
                    try client.send(
                        "POST \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.count)\r\n\r\n")
                    try client.send(body)
                    let answer = try client.answer()
                    #expect([400, 422].contains(answer.status), "\(path) \(bytes): \(answer.text)")
                    #expect(String(validating: answer.body, as: UTF8.self) != nil)
                }
            }
            return []
        },
    ]
}
