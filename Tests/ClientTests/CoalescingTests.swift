import Hub
import MessageCenterClient
import TestSupport
import Testing

@testable import MessageCenterClient

/// The client's coalescing: what it must not change, and that it is the hub's.
@Suite("Coalescing at the client")
struct CoalescingTests {
    private typealias Message = MessageCenterClient.Message
    private typealias Coalescer = MessageCenterClient.Coalescer

    /// A random stretch of a line, with few keys, so that much meets.
    private static func line(seed: UInt64) -> [Message] {
        var random = SplitMix(seed)
        return (1...Int(random.number(1...60))).map { index in
            let event = ["Created", "Changed", "Changed", "Changed", "Deleted", "Paid"]
                .randomElement(using: &random)!
            let entity = ["Order", "Order", "My_Order"].randomElement(using: &random)!
            let key = ["a", "b", "\u{E9}", "e\u{301}", nil].randomElement(using: &random)!
            return Message(
                id: "id\(index)", index: index, ordinal: index,
                topic: random.oneIn(12) ? "Changed" : "\(entity)_\(event)",
                wid: random.oneIn(4) ? 7 : 0, key: key, body: Array("\(index)".utf8))
        }
    }

    /// A warehouse whose handler upserts and deletes.
    private struct Rows: Equatable {
        var rows: [[UInt8]: String] = [:]
        var others: [String] = []

        mutating func handle(_ message: Message) {
            let row =
                Array("\(message.wid) \(message.entity) ".utf8) + Array((message.key ?? "").utf8)
            switch message.topic.split(separator: "_").last {
            case "Deleted": rows[row] = nil
            case "Created",
                "Changed" where message.key != nil:
                rows[row] = message.bodyText
            default: others.append(message.id)
            }
        }
    }

    @Test(
        "A handler that upserts ends in the same state with coalescing as without",
        arguments: 1...200 as ClosedRange<UInt64>, Coalescing.allCases)
    func sameState(seed: UInt64, mode: Coalescing) {
        let line = Self.line(seed: seed)
        var plain = Rows()
        for message in line { plain.handle(message) }
        var melted = Rows()
        let runs = MessageRun.runs(of: line, mode)
        for run in runs { melted.handle(run.message) }
        #expect(melted == plain)
        #expect(runs.flatMap(\.members).count == line.count)
        if mode == .off { #expect(runs.map(\.message) == line) }
        for run in runs where run.members.count > 1 {
            #expect(run.members.dropFirst().allSatisfy { $0.topic.hasSuffix("_Changed") })
            #expect(run.message.index == run.members[0].index)
            #expect(run.message.lastIndex == run.members.last?.index)
            #expect(run.message.coalesced == run.members.count - 1)
            #expect(run.message.isCreatedInRun == run.members[0].topic.hasSuffix("_Created"))
            #expect(run.message.body == run.members.last?.body)
        }
    }

    @Test(
        "Of the same line the client makes the runs that the hub makes",
        arguments: 1...300 as ClosedRange<UInt64>, Coalescing.allCases)
    func sameAsHub(seed: UInt64, mode: Coalescing) {
        var random = SplitMix(seed &* 7919)
        var ours = Coalescer(mode)
        var hubs = Hub.Coalescer(
            [.off: .off, .adjacent: .adjacent, .perKey: .perKey][mode]!)
        var entities: [Substring: Int32] = [:]
        for (slot, message) in Self.line(seed: seed).enumerated() {
            let (entity, event) = Hub.Topic.split(message.topic)
            let number = entities[entity, default: Int32(entities.count)]
            entities[entity] = number
            let isShown = !random.oneIn(5)
            let theirs = hubs.take(
                .init(wid: UInt32(message.wid), entity: number, event: event, key: message.key),
                slot: isShown ? slot : nil)
            #expect(ours.take(message, slot: isShown ? slot : nil) == theirs)
        }
    }

    @Test("What nobody handles is left out, and ends the runs of its key")
    func unhandled() {
        let line = ["Changed", "Deleted", "Changed", "Changed"].enumerated().map { place, event in
            Message(id: "\(place)", index: place + 1, topic: "A_\(event)", key: "k")
        }
        let runs = MessageRun.runs(of: line, .perKey, isHandled: { $0.topic == "A_Changed" })
        #expect(runs.map { $0.members.map(\.index) } == [[1], [3, 4]])
    }

    @Test("Messages of a key with a failure melt with nothing")
    func standsAlone() {
        let line = (1...4).map {
            Message(id: "\($0)", index: $0, topic: "A_Changed", key: $0 % 2 == 0 ? "bad" : "good")
        }
        let runs = MessageRun.runs(of: line, .perKey, standsAlone: { $0.key == "bad" })
        #expect(runs.map { $0.members.map(\.index) } == [[1, 3], [2], [4]])
    }
}
