import Testing

@testable import Wire

@Suite("The chunked decoder")
struct ChunkedDecoderTests {
    static let good: [(text: String, body: String)] = [
        ("0\r\n\r\n", ""),
        ("5\r\nhello\r\n0\r\n\r\n", "hello"),
        ("5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n", "hello, world"),
        ("a\r\n0123456789\r\nA\r\n0123456789\r\n000\r\n\r\n", "01234567890123456789"),
        ("0000000000000005\r\nhello\r\n0\r\n\r\n", "hello"),
        ("5;name\r\nhello\r\n0;a=\"b c\"; d=e\r\n\r\n", "hello"),
        ("2\r\n\r\n\r\n0\r\n\r\n", "\r\n"),
        ("1\r\nx\r\n0\r\nTrailer: value\r\nOther:\t\u{E9} \r\n\r\n", "x"),
        ("3\r\n0\r\n\r\n0\r\n\r\n", "0\r\n"),
        ("1\r\nx\r\n0000000000000001\r\ny\r\n0000000000000000\r\n\r\n", "xy"),
    ]

    static let bad: [(text: String, status: UInt16)] = [
        ("\r\n", 400), (";x\r\n", 400), ("g\r\n", 400), ("-1\r\n", 400), ("+1\r\n", 400),
        ("0x1\r\n", 400), ("1 \r\nx\r\n", 400), (" 1\r\nx\r\n", 400), ("1\t\r\n", 400),
        ("00000000000000001\r\nx", 400), ("10000000000000000\r\n", 400), ("1,\r\n", 400),
        ("1\nx", 400), ("1\r\rx", 400), ("1\rx", 400), ("1;a\nx", 400), ("1;a\r\rx", 400),
        ("1\r\nx\r\n\r\n", 400), ("1\r\nx\r\n;a\r\n\r\n", 400), ("1;\u{0}\r\n", 400),
        ("1;\u{E9}\r\n", 400), ("1\r\nxy\r\n", 400), ("1\r\nx\n", 400),
        ("1\r\nx\r\r", 400), ("2\r\nx\r\n0\r\n\r\n", 400), ("0\r\n\n", 400), ("0\r\n\r\r", 400),
        ("0\r\n Folded: x\r\n", 400), ("0\r\n: x\r\n", 400), ("0\r\nName : x\r\n", 400),
        ("0\r\nName\r\n", 400), ("0\r\nA: \u{0}\r\n", 400), ("0\r\nA: b\nC: d\r\n\r\n", 400),
        ("0\r\nA: b\rC\r\n", 400), ("65\r\n", 413), ("ffffffffffffffff\r\n", 413),
        ("7fffffffffffffff\r\n", 413),
        ("60\r\n" + String(repeating: "x", count: 96) + "\r\n5\r\n", 413),
        ("1;" + String(repeating: "e", count: 5000) + "\r\n", 431),
        ("0\r\nA: " + String(repeating: "t", count: 9000) + "\r\n\r\n", 431),
    ]

    @Test("Bodies are decoded, and what follows is left", arguments: good)
    func decodes(text: String, body: String) {
        let outcome = decode(text + "GET /next", cutAt: [])
        #expect(outcome.body == body)
        #expect(outcome.consumed == text.utf8.count)
        #expect(outcome.failure == nil)
    }

    @Test("Framing that could be read differently is refused", arguments: bad)
    func refuses(text: String, status: UInt16) {
        #expect(decode(text, cutAt: []).failure?.status == status)
    }

    @Test("Where a body is cut does not matter")
    func cuts() {
        for text in Self.good.map(\.text) + Self.bad.map(\.text) where text.utf8.count < 100 {
            let whole = decode(text + "next", cutAt: [])
            for first in 0...text.utf8.count {
                for second in first...text.utf8.count {
                    let cut = decode(text + "next", cutAt: [first, second])
                    if cut != whole { Issue.record("\(text) cut at \(first) and \(second)") }
                }
            }
        }
    }

    @Test("Every body comes back from chunks of any size in pieces of any size")
    func roundTrip() {
        var numbers = SeededNumbers(seed: 2)
        for _ in 0..<300 {
            let body = (0..<Int.random(in: 0...100, using: &numbers)).map { _ in
                UInt8.random(in: 0x20...0x7E, using: &numbers)
            }
            let text = String(decoding: body, as: UTF8.self)
            let chunks = chunked(body, &numbers)
            let cuts = (0..<5).map { _ in Int.random(in: 0...chunks.utf8.count, using: &numbers) }
            let outcome = decode(chunks, cutAt: cuts.sorted())
            #expect(outcome == Outcome(body: text, consumed: chunks.utf8.count))
        }
    }

    private func chunked(_ body: [UInt8], _ numbers: inout SeededNumbers) -> String {
        var rest = body[...]
        var text = ""
        while !rest.isEmpty {
            let chunk = rest.prefix(Int.random(in: 1...30, using: &numbers))
            rest = rest.dropFirst(chunk.count)
            let size = String(chunk.count, radix: 16, uppercase: .random(using: &numbers))
            text += size + "\r\n" + String(decoding: chunk, as: UTF8.self) + "\r\n"
        }
        return text + "0\r\n\r\n"
    }

    private struct Outcome: Equatable {
        var body: String?
        var consumed = 0
        var failure: RequestFailure?
    }

    /// Feeds `text` in pieces behind four bytes of something else, as a connection does.
    private func decode(_ text: String, cutAt cuts: [Int]) -> Outcome {
        let bytes = Array(text.utf8)
        var decoder = ChunkedDecoder(limits: .init(maxBodyBytes: 100))
        var buffer = ByteBuffer("head")
        var fed = 0
        for cut in cuts + [bytes.count] {
            buffer.append(bytes.span.bytes.extracting(fed..<cut))
            fed = cut
            switch buffer.decodeChunks(from: 4, with: &decoder) {
            case .needsMore(let length): #expect(buffer.count == 4 + length)
            case .complete(let length, let consumed):
                let rest = buffer.count - 4 - consumed
                return Outcome(
                    body: buffer.bytes.text(in: 4..<4 + length), consumed: fed - rest)
            case .failure(let failure): return Outcome(failure: failure)
            }
        }
        return Outcome()
    }
}
