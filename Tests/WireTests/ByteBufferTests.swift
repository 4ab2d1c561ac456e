import Testing

@testable import Wire

@Suite("The byte buffer")
struct ByteBufferTests {
    @Test("Bytes come out in the order they went in")
    func order() {
        var buffer = ByteBuffer(capacity: 4)
        buffer.append("abc")
        buffer.append(UInt8(ascii: "d"))
        buffer.append("e" + String(repeating: "f", count: 2))
        #expect(buffer.text == "abcdeff")
        buffer.consume(3)
        #expect(buffer.text == "deff")
        buffer.truncate(to: 2)
        #expect(buffer.text == "de")
        buffer.consume(2)
        #expect(buffer.isEmpty && buffer.capacity >= 7)
    }
}

extension ByteBuffer {
    /// The readable bytes as text.
    var text: String { bytes.text(in: 0..<count) }
}
