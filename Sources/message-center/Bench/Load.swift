import Platform

/// What one connection asks for, again and again.
protocol Load: AnyObject {
    /// The request that was prepared last. Whoever takes it lets go of it before the next is
    /// prepared, which else would have to copy it.
    var request: RequestBytes { get }
    /// Writes the next request over the one before.
    func prepare()
    /// Reads what matters in a good answer, and tells how many messages it stands for.
    ///
    /// - Parameter tail: the last bytes of the answer's body, at most `AnswerReader.tailBytes`.
    func settle(_ tail: [UInt8]) -> Int
}

/// Publishes single messages or batches. A fifth of them are for every warehouse, the rest go
/// to one warehouse each.
final class PublishLoad: Load {
    private(set) var request: RequestBytes
    private let fields: [Fields]
    private let warehouses: Int
    private let clockOffset: UInt64
    private var random = SystemRandomNumberGenerator()
    private var state: UInt64

    /// Where in the request a message's own values stand.
    private struct Fields {
        let wid: RequestBytes.Field
        let key: RequestBytes.Field
        /// The five groups of a UUID, where the publisher gives ids.
        let id: [RequestBytes.Field]
    }

    /// Publishers whose clocks differ; ids of one clock rise, those of several interleave.
    static let clocks = 16
    /// How far the clocks are apart at most, in milliseconds.
    static let clockSpread = 100

    init(_ plan: BenchPlan, connection: Int) {
        var body = RequestBytes.Body()
        let isBatch = plan.mode == .batch
        var fields: [Fields] = []
        for number in 0..<(isBatch ? plan.batchSize : 1) {
            if isBatch { body.append(number == 0 ? "[" : ",") }
            fields.append(Self.layOut(plan, into: &body))
        }
        if isBatch { body.append("]") }
        request = RequestBytes(
            method: "POST", path: isBatch ? "/v1/messages/batch" : "/v1/messages",
            contentType: "application/json", host: plan.host, token: plan.token, body: body)
        self.fields = fields
        warehouses = plan.warehouses
        clockOffset = UInt64(
            connection % Self.clocks * Self.clockSpread / (Self.clocks - 1))
        state = random.next()
    }

    private static func layOut(_ plan: BenchPlan, into body: inout RequestBytes.Body) -> Fields {
        body.append("{\"topic\":\"SaleOrder_Changed\",\"wid\":")
        let wid = body.field(width: 10)
        body.append(",\"key\":\"order:")
        let key = body.field(width: 8)
        body.append("\"")
        var id: [RequestBytes.Field] = []
        if plan.givesIDs {
            for (number, width) in [8, 4, 4, 4, 12].enumerated() {
                body.append(number == 0 ? ",\"id\":\"" : "-")
                id.append(body.field(width: width))
            }
            body.append("\"")
        }
        let frame = "{\"Note\":\"\"}".utf8.count
        let note = String(repeating: "n", count: max(0, plan.size - frame))
        body.append(",\"body\":{\"Note\":\"\(note)\"}}")
        return Fields(wid: wid, key: key, id: id)
    }

    func prepare() {
        for message in fields {
            let number = next()
            let isGlobal = number % 5 == 0
            let wid = isGlobal ? 0 : 1 + Int(truncatingIfNeeded: number >> 40) % warehouses
            request.write(wid, at: message.wid)
            request.write(hexadecimal: number >> 8, at: message.key)
            if !message.id.isEmpty { writeID(message.id) }
        }
    }

    /// A version 7 id (RFC 9562 §5.7) by this publisher's clock.
    private func writeID(_ groups: [RequestBytes.Field]) {
        let time = UInt64(clock.nowMilliseconds()) + clockOffset
        let (first, second) = (next(), next())
        request.write(hexadecimal: time >> 16, at: groups[0])
        request.write(hexadecimal: time, at: groups[1])
        request.write(hexadecimal: 0x7000 | first & 0xFFF, at: groups[2])
        request.write(hexadecimal: 0x8000 | first >> 12 & 0x3FFF, at: groups[3])
        request.write(hexadecimal: second, at: groups[4])
    }

    private let clock = WallClock()

    /// xorshift64*: a few instructions, where the system's generator would be a call.
    private func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }

    func settle(_ tail: [UInt8]) -> Int { fields.count }
}

/// Pulls the lines of some warehouses in turn.
final class PullLoad: Load {
    var request: RequestBytes { lines[current].request }
    private var lines: [Line]
    private var current = 0
    private let positions: BenchPlan.Positions
    private let head: Int

    private struct Line {
        var request: RequestBytes
        let position: RequestBytes.Field
        var next = 0
    }

    /// - Parameter wids: whose lines these are; with committed positions, nobody else's.
    init(_ plan: BenchPlan, wids: [Int]) {
        positions = plan.positions
        head = plan.head
        lines = wids.map { wid in
            var body = RequestBytes.Body()
            body.append("{\"limit\":\(plan.limit),")
            body.append(plan.positions == .commit ? "\"commit\":" : "\"after\":")
            let position = body.field(width: 16)
            body.append("}")
            let request = RequestBytes(
                method: "POST", path: "/v1/warehouses/\(wid)/pull",
                contentType: "application/json", host: plan.host, token: plan.token, body: body)
            return Line(request: request, position: position)
        }
    }

    func prepare() {
        current = (current + 1) % lines.count
        let position =
            positions == .commit ? lines[current].next : Int.random(in: 0...max(0, head))
        lines[current].request.write(position, at: lines[current].position)
    }

    /// `next` and `count` stand behind the messages, so the tail has them; the last ones count,
    /// whatever the messages' bodies look like.
    func settle(_ tail: [UInt8]) -> Int {
        if let next = number(behind: "\"next\":", in: tail) { lines[current].next = next }
        guard let from = number(behind: "\"from\":", in: tail),
            let to = number(behind: "\"to\":", in: tail)
        else { return 0 }
        return max(0, to - from + 1)
    }

    private func number(behind name: StaticString, in tail: [UInt8]) -> Int? {
        let length = name.utf8CodeUnitCount
        guard tail.count >= length else { return nil }
        return name.withUTF8Buffer { name in
            for start in stride(from: tail.count - length, through: 0, by: -1)
            where tail[start] == name[0] && tail[start..<start + length].elementsEqual(name) {
                return leadingNumber(tail[(start + length)...])
            }
            return nil
        }
    }

    private func leadingNumber(_ bytes: ArraySlice<UInt8>) -> Int {
        var number = 0
        for byte in bytes {
            guard 0x30...0x39 ~= byte else { break }
            number = number * 10 + Int(byte - 0x30)
        }
        return number
    }
}
