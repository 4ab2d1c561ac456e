import Platform
import SQLite

extension Command {
    /// What `make demo` is made of.
    enum demo {
        static let shop = Command(
            name: "demo shop", summary: "play a day of business into a shop's database (make demo)",
            details: """
                Every event becomes a change of the tables products, promotions and orders, and a
                row of the outbox that tells of it, in one transaction: publish --outbox brings
                that to the hub.
                """,
            options: [DemoRun.database, DemoRun.events, DemoRun.pace, DemoRun.initOnly],
            run: DemoRun.play)

        static let compare = Command(
            name: "demo compare", summary: "hold a warehouse against the shop (make demo)",
            details: "Ends with 1 where a row is missing, different, or too much.",
            options: [
                DemoRun.required("shop", "the shop's database"),
                DemoRun.required("warehouse", "the warehouse's database"), HubOptions.wid,
            ],
            run: DemoRun.compare)
    }
}

private enum DemoRun {
    static let database = required("database", "the shop's database; made if it is not there")
    static let events = Option(
        optional: "events", .text("FILE"),
        "events, one JSON object a line; - is standard input; without it the sample")
    static let pace = Option(
        "pace", .integer(0...1_000_000), default: 500, "events a second; 0 as fast as it goes")
    static let initOnly = Flag("init", "make the database and its tables, and end")

    static func required(_ name: String, _ help: String) -> Option<String> {
        Option(required: name, .text("FILE"), help)
    }

    static func play(_ arguments: Arguments) throws -> ExitStatus {
        var shop = try DemoShop(arguments[database])
        if arguments[initOnly] { return .done }
        let pace = Pace(arguments[pace])
        if let path = arguments[events] {
            var lines = try LineReader(path: path)
            while let (_, line) = try lines.next() { try take(line, &shop, pace) }
        } else {
            for line in Sample.lines() { try take(Array(line.utf8), &shop, pace) }
        }
        try shop.clearOut(every: 25)
        Console.note("the shop did \(grouped(shop.events)) changes")
        return .done
    }

    private static func take(_ line: [UInt8], _ shop: inout DemoShop, _ pace: Pace) throws {
        guard let event = DemoShop.Event(line) else { return }
        pace.wait(before: shop.events)
        try shop.play(event)
    }

    static func compare(_ arguments: Arguments) throws -> ExitStatus {
        let wid = arguments[HubOptions.wid]
        let findings = try DemoComparison.run(
            shop: arguments[required("shop", "")], warehouse: arguments[required("warehouse", "")],
            wid: wid)
        for finding in findings {
            let verdict =
                finding.isEqual
                ? "equal"
                : "DIFFERENT: \(grouped(Int(finding.missing))) missing or changed, "
                    + "\(grouped(Int(finding.surplus))) too much"
            let rows = "\(grouped(Int(finding.rows))) \(finding.table)"
            Console.print("warehouse \(wid): \(rows): \(verdict)")
        }
        return findings.allSatisfy(\.isEqual) ? .done : .failed
    }

    /// Spreads events evenly over time.
    private struct Pace {
        private let perSecond: Int
        private let begun = MonotonicClock.now()

        init(_ perSecond: Int) {
            self.perSecond = perSecond
        }

        func wait(before event: Int) {
            guard perSecond > 0 else { return }
            let due = begun + UInt64(event) * 1_000_000_000 / UInt64(perSecond)
            let now = MonotonicClock.now()
            if due > now { OSThread.pause(microseconds: UInt32(clamping: (due - now) / 1000)) }
        }
    }
}
