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
        let rounds = setting("MESSAGE_CENTER_SIMULATION_ROUNDS") ?? 100
        var random = SystemRandomNumberGenerator()
        // Half of them are the same each time, so that a change shows at once.
        return (0..<rounds).map { $0 % 2 == 0 ? $0 : random.next() >> 16 }
    }

    @Test("Nothing is lost, doubled, reordered or forgotten, whatever fails when")
    func invariants() {
        for seed in Self.seeds {
            let world = World(seed: seed)
            world.run(steps: Self.steps)
            guard let violation = world.trace.violation else { continue }
            Issue.record(
                """
                \(violation)
                MESSAGE_CENTER_SEED=\(seed), with \(world.kinds)
                \(world.trace.history)
                """)
            return
        }
    }

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
        let caught = (0..<200 as Range<UInt64>).first { seed in
            let world = World(seed: seed, defect: defect)
            world.run(steps: Self.steps)
            return world.trace.violation != nil
        }
        #expect(caught != nil)
    }
}
