import Glibc
import TestSupport
import Testing

/// The core under trouble, from seeds. `MESSAGE_CENTER_SEED` repeats one run;
/// `MESSAGE_CENTER_SIMULATION_ROUNDS` says how many there are.
@Suite("Simulation")
struct SimulationTests {
    private static let steps = 3000

    private static func setting(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }

    private static var seeds: [UInt64] {
        if let seed = setting("MESSAGE_CENTER_SEED") { return [seed] }
        let rounds = setting("MESSAGE_CENTER_SIMULATION_ROUNDS") ?? 250
        var random = SystemRandomNumberGenerator()
        // Half of them are the same each time, so that a change shows at once.
        return (0..<rounds).map { $0 % 2 == 0 ? $0 : random.next() >> 16 }
    }

    @Test("Nothing is lost, doubled, reordered or forgotten, whatever fails when")
    func invariants() {
        var tally: [String: Int] = [:]
        for seed in Self.seeds {
            let world = World(seed: seed)
            world.run(steps: Self.steps)
            tally.merge(world.trace.tally, uniquingKeysWith: +)
            guard let violation = world.trace.violation else { continue }
            Issue.record(
                """
                \(violation)
                MESSAGE_CENTER_SEED=\(seed), with \(world.kinds)
                \(world.trace.history)
                """)
            return
        }
        guard Self.seeds.count >= 100 else { return }
        for event in Self.dueEvents { #expect(tally[event, default: 0] > 0, "never: \(event)") }
    }

    /// What runs are for: simulations that never come to it would say nothing about it.
    private static let dueEvents = [
        "publish", "publish with duplicates", "publish failed", "conflict", "page", "empty page",
        "page given away", "advance moved", "pull waits", "pull superseded",
        "paused before its page", "moved before its page", "waiting pull answered",
        "waiting pull refused: sessionFenced",
        "waiting pull refused: paused", "refused: sessionHeld", "refused: sessionFenced",
        "refused: notDelivered", "refused: paused", "commit", "commit failed: full",
        "commit failed: busy", "commit failed: disk(\"sync\")", "crash",
        "unsure commit came to light", "moved", "move failed", "pruned", "trimmed",
        "archived page", "gone", "id expired", "old id found in the archive",
    ]

    @Test("The same seed gives the same run")
    func repeats() {
        let runs = (0..<2).map { _ in
            let world = World(seed: 4)
            world.run(steps: 1000)
            return world.trace.history
        }
        #expect(runs[0] == runs[1])
    }

    @Test("A hub that is wrong on purpose is found out", arguments: Defect.allCases)
    func catches(defect: Defect) {
        for seed in 0..<400 as Range<UInt64> {
            let world = World(seed: seed, defect: defect)
            world.run(steps: Self.steps)
            guard let violation = world.trace.violation else { continue }
            print("\(defect) is found out with seed \(seed): \(violation)")
            return
        }
        Issue.record("\(defect) is never found out")
    }
}
