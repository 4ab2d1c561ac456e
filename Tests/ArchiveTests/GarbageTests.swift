@testable import Archive
import Hub
import TestSupport
import Testing
import Wire

/// Bytes that no hub wrote, under digests that say so all the same: nothing may be read beyond its
/// end, nothing may trap, and what is shown must be whole.
@Suite("Archive: garbage")
struct GarbageTests {
    private static let rounds = 400

    /// A few changed, taken out or put in.
    private func mutated(_ bytes: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<random.number(1...4) where !bytes.isEmpty {
            let place = Int(random.number(0...Int64(bytes.count - 1)))
            switch random.number(0...3) {
            case 0: bytes[place] = UInt8(random.number(0...255))
            case 1: bytes.remove(at: place)
            case 2:
                bytes.insert(Array("\"{}\\,:\n0".utf8).randomElement(using: &random)!, at: place)
            default:
                let end = min(bytes.count, place + Int(random.number(1...40)))
                bytes.removeSubrange(place..<end)
            }
        }
        return bytes
    }

    /// Reads all there is; a failure is as good as an answer, if it names the file.
    private func read(_ shelf: Shelf, _ row: ArchivedFrame) {
        let failures = [
            failure {
                let frame = try shelf.reader().unpack(row)
                let copies = try frame.copies()
                #expect(copies.allSatisfy { row.first...row.last ~= $0.index })
                _ = try frame.index(before: Messages.midnight)
                _ = try frame.index(of: .publishers(0))
            },
            failure { try shelf.reader().verify(row, previous: nil) },
        ]
        for case let failure? in failures {
            #expect((failure as? ArchiveFailure)?.file == row.file)
        }
    }

    private func failure(_ work: () throws -> Void) -> (any Error)? {
        do { try work() } catch { return error }
        return nil
    }

    private func packed(_ lines: [UInt8], _ compressor: ZstdCompressor) -> [UInt8] {
        var input = ByteBuffer()
        input.append(lines.span.bytes)
        var data = ByteBuffer()
        _ = compressor.compress(input, into: &data)
        return data.withUnsafeBytes { Array($0) }
    }

    @Test("Lines that are none", arguments: [1, 2, 3])
    func lines(seed: UInt64) throws {
        var random = SplitMix(seed)
        let shelf = try Shelf()
        let messages = Messages.odd.filter { $0.body.utf8.count < 1000 }.enumerated().map {
            var message = $0.element
            message.index = Int64($0.offset) + 1
            message.nth = message.index
            return message
        }
        let row = try shelf.add(messages)[0]
        let forged = try Forged(shelf.bytes(row.file))
        let raw = try shelf.reader().unpack(row).raw.withUnsafeBytes { Array($0) }
        let compressor = ZstdCompressor()
        for _ in 0..<Self.rounds {
            let lines = mutated(raw, &random)
            guard !lines.isEmpty else { continue }
            let (bytes, other) = forged.holding(
                packed(lines, compressor), raw: lines.count, row)
            try shelf.overwrite(row.file, bytes)
            read(shelf, other)
        }
    }

    @Test("Data that are no zstd frame", arguments: [4, 5])
    func data(seed: UInt64) throws {
        var random = SplitMix(seed)
        let shelf = try Shelf()
        let row = try shelf.add(Messages.plain(20))[0]
        let forged = try Forged(shelf.bytes(row.file))
        let data = Array(forged.data)
        for _ in 0..<Self.rounds {
            let (bytes, other) = forged.holding(
                mutated(data, &random), raw: row.rawLength, row)
            try shelf.overwrite(row.file, bytes)
            read(shelf, other)
        }
        // Two frames where one is due, and one that is another skippable frame's.
        for data in [data + data, [0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4], []] {
            let (bytes, other) = forged.holding(data, raw: row.rawLength, row)
            try shelf.overwrite(row.file, bytes)
            #expect(throws: ArchiveFailure.self) { _ = try shelf.reader().unpack(other) }
        }
    }

    @Test("Headers that are none", arguments: [6, 7])
    func headers(seed: UInt64) throws {
        var random = SplitMix(seed)
        let shelf = try Shelf()
        let row = try shelf.add(Messages.plain(2))[0]
        let whole = try shelf.bytes(row.file)
        let forged = try Forged(whole)
        let (header, end) = (forged.header, whole.count - forged.data.count)
        for _ in 0..<Self.rounds * 5 {
            let text = mutated(Array(whole[8..<end]), &random)
            var bytes = Array(whole[..<4])
            for shift in 0..<4 { bytes.append(UInt8(text.count >> (8 * shift) & 255)) }
            bytes += text + whole[end...]
            guard let read = FrameHeader.readable(bytes) else { continue }
            // What was read can be written, and is the same again.
            #expect(FrameHeader.readable(read.bytes) == read)
        }
        for count in 0..<end { #expect(FrameHeader.readable(Array(whole[..<count])) == nil) }
        #expect(FrameHeader.readable(whole) == header)
    }
}

extension FrameHeader {
    /// The header that the bytes begin with, if they do.
    fileprivate static func readable(_ bytes: [UInt8]) -> FrameHeader? {
        do { return try read(bytes.span.bytes).header } catch { return nil }
    }
}
