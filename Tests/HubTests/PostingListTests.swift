import Hub
import Platform
import Synchronization
import TestSupport
import Testing

/// A view points into its list, which tests keep to the end for that reason.
@Suite("A posting list")
struct PostingListTests {
    /// What a list should be: a sorted array.
    private struct Model {
        var all: [Int64] = []
        var published = 0

        var view: ArraySlice<Int64> { all[..<published] }

        func rank(through index: Int64) -> Int {
            var (low, high) = (0, published)
            while low < high {
                let middle = (low + high) / 2
                if all[middle] <= index { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    @Test("An empty list has nothing at any place")
    func empty() {
        let list = PostingList(wid: 1)
        defer { withExtendedLifetime(list) {} }
        let view = list.view
        #expect(view.count == 0)
        #expect(view.rank(through: .max) == 0)
        var cursor = PostingList.Cursor(view, after: 0)
        #expect(cursor.next == nil)
        cursor.advance()
        #expect(cursor.next == nil)
    }

    @Test("Nothing is seen before publish, and a view stays as it was")
    func publish() {
        let list = PostingList(wid: 1)
        defer { withExtendedLifetime(list) {} }
        list.append(5)
        #expect(list.view.count == 0)
        #expect(list.count == 1)
        list.publish()
        let view = list.view
        list.append(6)
        list.publish()
        #expect(view.count == 1)
        #expect(view.rank(through: 10) == 1)
        #expect(list.view.count == 2)
    }

    @Test("Roll-back forgets what was appended since publish, over the edges of chunks")
    func rollBack() {
        let list = PostingList(wid: 1)
        defer { withExtendedLifetime(list) {} }
        var next: Int64 = 1
        for (kept, dropped) in [(0, 100), (16, 1), (0, 5000), (64, 64), (3000, 2000), (1, 1)] {
            for _ in 0..<kept {
                list.append(next)
                next += 1
            }
            list.publish()
            for number in 0..<dropped { list.append(next + 1000 + Int64(number)) }
            list.rollBack()
            #expect(Int64(list.count) == next - 1)
            #expect(list.view.rank(through: .max) == list.count)
        }
        #expect((0..<list.count).allSatisfy { list.view[$0] == Int64($0) + 1 })
    }

    @Test("Behaves as a sorted array does", arguments: 1...12)
    func model(seed: Int) {
        var random = SplitMix(UInt64(seed))
        let list = PostingList(wid: 1)
        defer { withExtendedLifetime(list) {} }
        var model = Model()
        // Some lists are dense, some have gaps that no 32-bit offset reaches over.
        let widest: Int64 = [1, 3, 1000, 1 << 33][seed % 4]
        var last: Int64 = random.number(0...10)
        for _ in 0..<400 {
            switch random.number(0...9) {
            case 0: rollBack(list, &model, &last)
            case 1...3: publish(list, &model)
            case 4: check(list, model, &random)
            default:
                for _ in 0..<random.number(1...40) {
                    last += random.number(1...widest)
                    list.append(last)
                    model.all.append(last)
                }
            }
            #expect(list.count == model.all.count)
        }
        publish(list, &model)
        check(list, model, &random)
        #expect(walk(list.view, after: 0) == model.all)
    }

    private func publish(_ list: PostingList, _ model: inout Model) {
        list.publish()
        model.published = model.all.count
    }

    private func rollBack(_ list: PostingList, _ model: inout Model, _ last: inout Int64) {
        list.rollBack()
        model.all.removeSubrange(model.published...)
        last = model.all.last ?? last
    }

    private func check(_ list: PostingList, _ model: Model, _ random: inout SplitMix) {
        let view = list.view
        #expect(view.count == model.published)
        for _ in 0..<20 {
            let bound = (model.all.last ?? 0) + 2
            let near = model.view.randomElement(using: &random).map { $0 + random.number(-1...1) }
            let index = random.oneIn(3) ? random.number(0...bound) : near ?? 0
            let rank = model.rank(through: index)
            #expect(view.rank(through: index) == rank)
            var cursor = PostingList.Cursor(view, after: index)
            for place in rank..<min(rank + 5, model.published) {
                #expect(cursor.position == place)
                #expect(cursor.next == model.all[place])
                cursor.advance()
            }
        }
        if let place = model.view.indices.randomElement(using: &random) {
            #expect(view[place] == model.all[place])
        }
    }

    private func walk(_ view: PostingList.View, after index: Int64) -> [Int64] {
        var cursor = PostingList.Cursor(view, after: index)
        var walked: [Int64] = []
        while let next = cursor.next {
            walked.append(next)
            cursor.advance()
        }
        return walked
    }

    @Test("Readers beside the writer see what is published and nothing else")
    func threads() throws {
        let list = PostingList(wid: 1)
        defer { withExtendedLifetime(list) {} }
        let published = Atomic<Int>(0)
        let isOver = Atomic(false)
        let wrong = Atomic<Int>(0)
        let looks = Atomic<Int>(0)
        // Entry k is 3k + 1, but entries that are rolled back are even: never to be seen.
        let readers = try (0..<3).map { number in
            try OSThread.start(name: "reader") {
                var random = SplitMix(UInt64(number))
                while !isOver.load(ordering: .acquiring) {
                    let least = published.load(ordering: .acquiring)
                    let view = list.view
                    if !isSound(view, least: least, &random) { wrong.add(1, ordering: .relaxed) }
                    looks.add(1, ordering: .relaxed)
                }
            }
        }
        var random = SplitMix(99)
        var count = 0
        while count < 60_000 || looks.load(ordering: .relaxed) < 1000 {
            for place in count..<count + Int(random.number(0...60)) {
                list.append(Int64(place) * 6 + 2)
            }
            list.rollBack()
            let more = count < 60_000 ? Int(random.number(0...60)) : 0
            for place in count..<count + more { list.append(Int64(place) * 3 + 1) }
            list.publish()
            count += more
            published.store(count, ordering: .releasing)
        }
        isOver.store(true, ordering: .releasing)
        for reader in readers { reader.join() }
        #expect(wrong.load(ordering: .relaxed) == 0)
        #expect(list.view.count == count)
    }
}

/// Whether a view of entries 3k + 1 is whole: everything published before it was taken, in order.
private func isSound(
    _ view: PostingList.View, least: Int, _ random: inout SplitMix
) -> Bool {
    guard view.count >= least else { return false }
    guard view.rank(through: .max) == view.count else { return false }
    guard view.count > 0 else { return true }
    for _ in 0..<4 {
        let place = Int.random(in: 0..<view.count, using: &random)
        guard view[place] == Int64(place) * 3 + 1 else { return false }
        guard view.rank(through: Int64(place) * 3 + 1) == place + 1 else { return false }
        guard view.rank(through: Int64(place) * 3) == place else { return false }
    }
    let tail = max(0, view.count - 40)
    var cursor = PostingList.Cursor(view, after: Int64(tail) * 3)
    for place in tail..<view.count {
        guard cursor.position == place, cursor.next == Int64(place) * 3 + 1 else { return false }
        cursor.advance()
    }
    return cursor.next == nil
}
