/// The last things that happened, and the first that should not have.
final class Trace {
    private var lines: [String] = []
    private(set) var violation: String?
    /// How often things happened, to show that runs have in them what they are for.
    private(set) var tally: [String: Int] = [:]

    func count(_ what: String) {
        tally[what, default: 0] += 1
    }

    func note(_ line: @autoclosure () -> String) {
        guard violation == nil else { return }
        lines.append(line())
        if lines.count > 400 { lines.removeFirst(200) }
    }

    /// Notes that an invariant does not hold; the first one counts.
    func violate(_ what: @autoclosure () -> String) {
        guard violation == nil else { return }
        let what = what()
        lines.append("VIOLATION: \(what)")
        violation = what
    }

    func check(_ holds: Bool, _ what: @autoclosure () -> String) {
        if !holds { violate(what()) }
    }

    /// The newest events, newest last.
    var history: String { lines.suffix(60).joined(separator: "\n") }
}
