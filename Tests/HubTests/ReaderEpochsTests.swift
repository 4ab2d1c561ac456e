import Hub
import Platform
import Synchronization
import TestSupport
import Testing

@Suite("Reader epochs")
struct ReaderEpochsTests {
    @Test("A moment has passed when each reader that was inside has come out")
    func passes() {
        let epochs = ReaderEpochs(readers: 3)
        epochs.readers[0].enter()
        epochs.readers[1].enter()
        var moment = epochs.moment()
        #expect(!epochs.havePassed(&moment))
        epochs.readers[0].leave()
        #expect(!epochs.havePassed(&moment))
        // Who comes in later has seen what is new.
        epochs.readers[0].enter()
        epochs.readers[2].enter()
        #expect(!epochs.havePassed(&moment))
        epochs.readers[1].leave()
        #expect(epochs.havePassed(&moment))
        #expect(epochs.havePassed(&moment))
    }

    @Test("Where nobody is inside, a moment has passed at once", arguments: [0, 1, 5])
    func idle(readers: Int) {
        let epochs = ReaderEpochs(readers: readers)
        for reader in epochs.readers { reader.reading {} }
        var moment = epochs.moment()
        #expect(epochs.havePassed(&moment))
    }

    @Test("What is let go of is not freed while a reader that may see it is inside")
    func threads() throws {
        let epochs = ReaderEpochs(readers: 2)
        // The number of the live cell; a freed cell holds -1.
        let cells = (0..<64).map { _ in Cell() }
        let live = Atomic<Int>(0)
        let isOver = Atomic(false)
        let wrong = Atomic<Int>(0)
        let looks = Atomic<Int>(0)
        let threads = try epochs.readers.map { reader in
            try OSThread.start(name: "reader") {
                while !isOver.load(ordering: .relaxed) {
                    reader.reading {
                        let cell = cells[live.load(ordering: .acquiring)]
                        for _ in 0..<10 where cell.value.load(ordering: .relaxed) < 0 {
                            wrong.add(1, ordering: .relaxed)
                        }
                    }
                    looks.add(1, ordering: .relaxed)
                }
            }
        }
        var next = 0
        while looks.load(ordering: .relaxed) < 20_000 {
            let old = cells[next]
            next = (next + 1) % cells.count
            cells[next].value.store(1, ordering: .relaxed)
            live.store(next, ordering: .releasing)
            var moment = epochs.moment()
            while !epochs.havePassed(&moment) { OSThread.pause(microseconds: 1) }
            old.value.store(-1, ordering: .relaxed)
        }
        isOver.store(true, ordering: .relaxed)
        for thread in threads { thread.join() }
        #expect(wrong.load(ordering: .relaxed) == 0)
    }

    private final class Cell: Sendable {
        let value = Atomic<Int>(1)
    }
}
