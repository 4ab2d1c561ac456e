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

    @Test("A buffer does the same as an array, whatever is done to it")
    func model() {
        var numbers = SeededNumbers(seed: 1)
        var buffer = ByteBuffer()
        var model: [UInt8] = []
        for step in 0..<5000 {
            let count = Int.random(in: 0...40, using: &numbers)
            switch Int.random(in: 0..<8, using: &numbers) {
            case 0, 1:
                let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &numbers) }
                buffer.append(bytes.span.bytes)
                model += bytes
            case 2:
                buffer.append(UInt8(count))
                model.append(UInt8(count))
            case 3, 4:
                let taken = min(count, model.count)
                buffer.consume(taken)
                model.removeFirst(taken)
            case 5:
                let kept = max(model.count - count / 8, 0)
                buffer.truncate(to: kept)
                model.removeLast(model.count - kept)
            case 6:
                buffer.withFreeSpace(minimum: count) { space in
                    for index in 0..<count { space[index] = UInt8(index) }
                    return count
                }
                model += (0..<count).map { UInt8($0) }
            default:
                buffer.reserve(count)
                buffer.shrink(to: 16)
            }
            #expect(buffer.count == model.count && buffer.bytes.array == model, "step \(step)")
        }
    }

    @Test("Memory is kept when emptied, and given back when asked")
    func memory() {
        var buffer = ByteBuffer(capacity: 100)
        buffer.append(String(repeating: "x", count: 1000))
        buffer.shrink(to: 10)
        #expect(buffer.capacity >= 1000 && buffer.count == 1000)
        buffer.removeAll()
        #expect(buffer.capacity >= 1000)
        buffer.shrink(to: 10)
        #expect(buffer.capacity == 10)
        buffer.shrink(to: 0)
        buffer.append("again")
        #expect(buffer.text == "again")
    }

    @Test("A stream through a small buffer does not make it grow")
    func stream() {
        var buffer = ByteBuffer(capacity: 256)
        for _ in 0..<1000 {
            buffer.append(String(repeating: "y", count: 100))
            buffer.consume(100)
            buffer.append("z")
            buffer.consume(1)
        }
        #expect(buffer.capacity == 256)
    }

    @Test(
        "Integers are written in decimal",
        arguments: [
            0, 1, 9, 10, 99, 100, 999, 1000, 9999, 10_000, 12_345, 99_999, 100_000, 1_234_567_890,
            .max, -1, -10, .min,
        ] as [Int64])
    func decimals(value: Int64) {
        #expect(written { $0.append(decimal: value) } == String(value))
        let magnitude = value.magnitude
        #expect(written { $0.append(decimal: magnitude) } == String(magnitude))
    }

    @Test("The largest unsigned number and padded ones are written")
    func padded() {
        #expect(written { $0.append(decimal: UInt64.max) } == "18446744073709551615")
        #expect(written { $0.append(decimal: 42, zeroPaddedTo: 5) } == "00042")
    }

    @Test("Consuming more than there is stops the process")
    func misuse() async {
        await #expect(processExitsWith: .failure) {
            var buffer = ByteBuffer(capacity: 8)
            buffer.append("abc")
            buffer.consume(4)
        }
        await #expect(processExitsWith: .failure) {
            var buffer = ByteBuffer(capacity: 8)
            buffer.withFreeSpace(minimum: 1) { $0.count + 1 }
        }
    }
}
