import Archive
import Foundation
import Hub
import Platform
import TestSupport
import Testing

/// How fast the archive is, for people: `MESSAGE_CENTER_SPEED=1 swift test -c release -Xswiftc
/// -enable-testing --filter SpeedTests`.
@Suite(
    .serialized, .enabled(if: ProcessInfo.processInfo.environment["MESSAGE_CENTER_SPEED"] != nil))
struct SpeedTests {
    private static let count: Int64 = 400_000

    /// Messages as a shop has them: a fifth for everybody, 40 warehouses, bodies of some 120 bytes.
    private static func messages() -> [StoredMessage] {
        var random = SplitMix(1)
        var nths = [UInt32: Int64]()
        return (1...count).map { index in
            let wid = UInt32(random.oneIn(5) ? 0 : random.number(1...40))
            nths[wid, default: 0] += 1
            var message = StoredMessage(index, wid: wid, nth: nths[wid]!)
            message.created = Messages.midnight + index
            message.topic = ["SaleOrder_Changed", "Product_Changed", "Stock_Changed"].randomElement(
                using: &random)!
            message.key = "SO-\(random.number(1...999_999))"
            message.body =
                "{\"id\":\(random.number(1...9_999_999)),\"state\":\"packed\",\"lines\":[{\"sku\":"
                + "\"A-\(random.number(1...9999))\",\"quantity\":\(random.number(1...20))}],"
                + "\"total\":\(random.number(100...99_999)).5,\"currency\":\"EUR\"}"
            return message
        }
    }

    private func measure(_ what: String, _ count: Int64, _ work: () throws -> Void) rethrows {
        let start = MonotonicClock.now()
        try work()
        let seconds = Double(MonotonicClock.now() - start) / 1e9
        print("SPEED \(what): \(Int(Double(count) / seconds)) messages/s")
    }

    @Test("Moving, unpacking, passing over, reading")
    func speed() throws {
        let messages = Self.messages()
        let shelf = try Shelf()
        var built: [BuiltFrame] = []
        try measure("build", Self.count) { built = try shelf.build(messages) }
        var rows: [ArchivedFrame] = []
        try measure("append and settle", Self.count) {
            for frame in built {
                rows.append(try shelf.writer.append(frame))
                if rows.count % 8 == 0 { try shelf.writer.settle() }
            }
            try shelf.writer.settle()
        }
        let raw = rows.reduce(0) { $0 + $1.rawLength }
        let length = rows.reduce(0) { $0 + $1.length }
        print("SPEED \(rows.count) frames, ratio \(Double(raw) / Double(length)), ")
        print("SPEED \(raw / Int(Self.count)) bytes a line")
        let reader = shelf.reader(memory: 1 << 30)
        var frames: [UnpackedFrame] = []
        try measure("unpack", Self.count) {
            for row in rows { frames.append(try reader.unpack(row)) }
        }
        for wid in [nil, 7, 99] as [UInt32?] {
            var seen: Int64 = 0
            var bytes = 0
            try measure("rows of \(wid.map { "\($0)" } ?? "all"), passed over and read", Self.count)
            {
                for frame in frames {
                    try frame.rows(after: 0, of: wid, topics: { Int32($0.byteCount) }) { row in
                        seen += 1
                        bytes += row.body.count
                        return true
                    }
                }
            }
            print("SPEED   \(seen) of them read")
        }
        var passed: Int64 = 0
        measure("count", Self.count * 10) {
            for _ in 0..<10 {
                for frame in frames { passed += frame.count(of: 7, through: frame.frame.last) }
            }
        }
        try measure("verify", Self.count) {
            for row in rows { try reader.verify(row, previous: nil) }
        }
        #expect(passed > 0)
    }
}
