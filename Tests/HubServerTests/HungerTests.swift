import Testing

@testable import HubServer

@Suite("A thread that runs when others do not")
struct HungerTests {
    private let second: UInt64 = 1_000_000_000

    @Test("that gets a twentieth of the time or more is content", arguments: [50, 500, 1000])
    func content(milliseconds: UInt64) {
        var hunger = Hunger()
        for tick in 1...UInt64(10) {
            hunger.note(elapsed: second, processor: milliseconds * 1_000_000, tick * second)
            #expect(hunger.isStilled(tick * second))
        }
    }

    @Test("that gets less is fed for half a minute, and then does with what is left again")
    func hungry() {
        var hunger = Hunger()
        for tick in 1...UInt64(10) {
            #expect(hunger.isStilled(tick * second / 10))
            hunger.note(elapsed: second / 10, processor: second / 1000, tick * second / 10)
        }
        #expect(!hunger.isStilled(second))
        // What it gets meanwhile does not count: it is fed all the same.
        for tick in 2...UInt64(30) {
            hunger.note(elapsed: second, processor: second / 1000, tick * second)
            #expect(!hunger.isStilled(tick * second))
        }
        #expect(hunger.isStilled(31 * second))
        hunger.note(elapsed: second, processor: second / 1000, 32 * second)
        #expect(!hunger.isStilled(32 * second))
    }

    @Test("that hardly works at all is not hungry")
    func lazy() {
        var hunger = Hunger()
        for tick in 1...UInt64(9) {
            hunger.note(elapsed: second / 10, processor: 0, tick * 100 * second)
        }
        #expect(hunger.isStilled(1000 * second))
    }
}
