import Platform
import TestSupport
import Testing

@Suite("Slab")
struct SlabTests {
    @Test("A token finds its element until that is removed, and never again")
    func stale() {
        var slab = Slab<String>()
        let first = slab.insert("first")
        #expect(slab[first] == "first")
        #expect(slab.remove(first) == "first")
        #expect(slab[first] == nil)
        #expect(slab.remove(first) == nil)

        let second = slab.insert("second")
        #expect(second.slot == first.slot, "the place is used again")
        #expect(second.generation != first.generation)
        #expect(slab[first] == nil)
        #expect(slab.remove(first) == nil)
        #expect(slab[second] == "second")
    }

    @Test("A reserved token, or one of another slab, names nothing")
    func foreign() {
        var slab = Slab<Int>()
        #expect(slab.insert(1) != .reserved(0))
        #expect(slab[.reserved(0)] == nil)
        #expect(slab[Token(slot: 9, generation: 1)] == nil)
        #expect(slab[Token(slot: .max, generation: 1)] == nil)
    }

    @Test("Both halves of a token come back out of its word")
    func word() {
        let token = Token(slot: 0x8000_0001, generation: 0xFFFF_FFFE)
        #expect(Token(rawValue: token.rawValue) == token)
        #expect(token.rawValue == 0xFFFF_FFFE_8000_0001)
    }

    @Test("A walk gives every element with its token, and the slab may change meanwhile")
    func walk() {
        var slab = Slab<Int>(capacity: 8)
        let tokens = (0..<8).map { slab.insert($0) }
        for number in [1, 4, 7] { slab.remove(tokens[number]) }
        var seen: [Int] = []
        for (token, element) in slab {
            #expect(slab.remove(token) == element)
            seen.append(element)
        }
        #expect(seen == [0, 2, 3, 5, 6])
        #expect(slab.isEmpty)
    }

    @Test("It agrees with a dictionary over many random steps", arguments: [1, 2, 3] as [UInt64])
    func model(seed: UInt64) {
        var random = SplitMix(seed)
        var slab = Slab<Int>()
        var model: [Token: Int] = [:]
        var removed: [Token] = []
        for step in 0..<20_000 {
            if model.isEmpty || random.next() % 5 < 3 {
                let token = slab.insert(step)
                #expect(model.updateValue(step, forKey: token) == nil, "a token given twice")
            } else if let token = model.keys.randomElement(using: &random) {
                #expect(slab.remove(token) == model.removeValue(forKey: token))
                removed.append(token)
            }
        }
        #expect(slab.count == model.count)
        #expect(removed.allSatisfy { slab[$0] == nil })
        #expect(model.allSatisfy { slab[$0.key] == $0.value })
        let walked = Dictionary(uniqueKeysWithValues: slab.map { ($0.token, $0.element) })
        #expect(walked == model)
    }
}
