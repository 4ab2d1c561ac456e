import Hub
import TestSupport
import Testing

@Suite("Coalescing")
struct CoalescerTests {
    /// A message in short: event `C`reated, `U`pdated (Changed) or `D`eleted, of a key; `.` before
    /// it: the filter leaves it out; a digit at the end: its wid, else 0; `/` and what follows: of
    /// another entity; a bare event has no key.
    private struct Message: CustomStringConvertible {
        let description: String
        let event: Topic.Event
        let key: String?
        let wid: UInt32
        let entity: Int32
        let isShown: Bool

        init(_ text: Substring) {
            description = String(text)
            var text = text
            isShown = text.first != "."
            if !isShown { text.removeFirst() }
            event = ["C": .created, "U": .changed, "D": .other][text.removeFirst()]!
            entity = text.contains("/") ? 2 : 1
            text = text.prefix { $0 != "/" }
            let digit = text.last?.wholeNumberValue
            wid = UInt32(digit ?? 0)
            if digit != nil { text.removeLast() }
            key = text.isEmpty ? nil : String(text)
        }

        var look: Coalescer.Look {
            .init(wid: wid, entity: entity, event: event, key: key)
        }
    }

    /// The runs that a page is handed out as: each in place of its first message.
    private func runs(_ page: String, _ mode: Coalescer.Mode) -> String {
        var coalescer = Coalescer(mode)
        var shown: [[String]] = []
        for message in page.split(separator: " ").map(Message.init) {
            let slot = message.isShown ? shown.count : nil
            if let run = coalescer.take(message.look, slot: slot) {
                shown[run].append(message.description)
            } else if message.isShown {
                shown.append([message.description])
            }
        }
        return shown.map { $0.joined(separator: "+") }.joined(separator: " ")
    }

    @Test(
        "Per key, a run is all Changed, perhaps a Created first",
        arguments: [
            ("Ua Ua Ua", "Ua+Ua+Ua"), ("Ca Ua Ua", "Ca+Ua+Ua"), ("Ua Ca Ua", "Ua Ca+Ua"),
            ("Ca Ca Ua", "Ca Ca+Ua"), ("Ca", "Ca"), ("", ""),
            // A Deleted, as any other event, is never swallowed and ends the run.
            ("Ua Da Ua", "Ua Da Ua"), ("Da Ua Ua", "Da Ua+Ua"), ("Ua Da", "Ua Da"),
            ("Ca Da Ca Ua", "Ca Da Ca+Ua"), ("Da Da", "Da Da"),
            // Messages of other keys do not end a run.
            ("Ua Ub Ua Ub", "Ua+Ua Ub+Ub"), ("Ua Db Ua", "Ua+Ua Db"),
            ("Ca Ub Ua Da Ua", "Ca+Ua Ub Da Ua"),
            // Without key: never.
            ("U U U", "U U U"), ("C U", "C U"), ("Ua U Ua", "Ua+Ua U"),
            // Another wid or entity of the same key is another run.
            ("Ua Ua1 Ua Ua1", "Ua+Ua Ua1+Ua1"), ("Ua Da1 Ua", "Ua+Ua Da1"),
            ("Ua Ua/x Ua Ua/x", "Ua+Ua Ua/x+Ua/x"), ("Ua Da/x Ua", "Ua+Ua Da/x"),
            // What the filter leaves out ends a run of its own key, and of no other.
            ("Ua .Da Ua", "Ua Ua"), ("Ua .Ca Ua Ua", "Ua Ua+Ua"), ("Ua .Ua Ua", "Ua Ua"),
            ("Ua .Ub Ua", "Ua+Ua"), ("Ua .Da1 Ua", "Ua+Ua"), ("Ua .Da/x Ua", "Ua+Ua"),
            (".Ca Ua Ua", "Ua+Ua"), (".Ua Ua", "Ua"), ("Ua .U Ua", "Ua+Ua"),
        ])
    func perKey(page: String, expected: String) {
        #expect(runs(page, .perKey) == expected)
    }

    @Test(
        "Adjacent, messages of other keys end a run as well",
        arguments: [
            ("Ua Ua Ua", "Ua+Ua+Ua"), ("Ca Ua Ua", "Ca+Ua+Ua"), ("Ua Ca Ua", "Ua Ca+Ua"),
            ("Ua Ub Ua", "Ua Ub Ua"), ("Ua Ua Ub Ub Ua", "Ua+Ua Ub+Ub Ua"),
            ("Ua Da Ua", "Ua Da Ua"), ("Ua U Ua", "Ua U Ua"), ("Ua Ua1 Ua", "Ua Ua1 Ua"),
            ("Ua Ua/x Ua", "Ua Ua/x Ua"), ("Ua .Ub Ua", "Ua Ua"), ("Ua .Da Ua", "Ua Ua"),
            ("Ua .U Ua", "Ua Ua"), ("U U", "U U"),
        ])
    func adjacent(page: String, expected: String) {
        #expect(runs(page, .adjacent) == expected)
    }

    @Test("Off, nothing melts")
    func off() {
        #expect(runs("Ca Ua Ua Ub Ub", .off) == "Ca Ua Ua Ub Ub")
    }

    /// What a warehouse has of each entity after it applied a page: the last body, nil if deleted.
    private struct State: Equatable {
        var rows: [String: Int] = [:]
        var deletions: [String: Int] = [:]

        mutating func apply(_ message: Message, body: Int) {
            guard let key = message.key else { return }
            let row = "\(message.wid) \(message.entity) \(key)"
            if message.event == .other {
                rows[row] = nil
                deletions[row, default: 0] += 1
            } else {
                rows[row] = body
            }
        }
    }

    @Test(
        "A warehouse that upserts ends in the same state with coalescing as without",
        arguments: 1...40, [Coalescer.Mode.adjacent, .perKey])
    func sameState(seed: Int, mode: Coalescer.Mode) {
        var random = SplitMix(UInt64(seed))
        let page = (0..<random.number(0...60)).map { _ in
            let event = ["C", "U", "U", "U", "D"].randomElement(using: &random)!
            let key = ["a", "b", "c", ""].randomElement(using: &random)!
            let wid = random.oneIn(4) ? "7" : ""
            return Message("\(event)\(key)\(wid)\(random.oneIn(5) ? "/x" : "")")
        }
        var plain = State()
        for (body, message) in page.enumerated() { plain.apply(message, body: body) }

        // A run takes the place of its first message, with the body of its last.
        var coalescer = Coalescer(mode)
        var shown: [(message: Message, body: Int)] = []
        var swallowed = 0
        for (body, message) in page.enumerated() {
            if let run = coalescer.take(message.look, slot: shown.count) {
                #expect(message.event == .changed, "only a Changed is swallowed")
                shown[run] = (message, body)
                swallowed += 1
            } else {
                shown.append((message, body))
            }
        }
        var melted = State()
        for (message, body) in shown { melted.apply(message, body: body) }
        #expect(melted == plain)
        #expect(shown.count + swallowed == page.count)
    }

    @Test("Within one key, what is handed out stays in the order of publishing", arguments: 1...10)
    func orderPerKey(seed: Int) {
        var random = SplitMix(UInt64(seed))
        var coalescer = Coalescer(.perKey)
        var lastBody: [String: Int] = [:]
        var shown: [(key: String, body: Int)] = []
        for body in 0..<200 {
            let key = ["a", "b", "c"].randomElement(using: &random)!
            let event: Topic.Event = random.oneIn(5) ? .other : .changed
            let look = Coalescer.Look(wid: 0, entity: 1, event: event, key: key)
            if let run = coalescer.take(look, slot: shown.count) {
                #expect(shown[run].key == key)
                #expect(shown[run].body == lastBody[key], "only the newest of a key is replaced")
                shown[run].body = body
            } else {
                shown.append((key, body))
            }
            lastBody[key] = body
        }
    }
}
