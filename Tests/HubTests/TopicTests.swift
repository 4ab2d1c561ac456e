import Hub
import TestSupport
import Testing

@Suite("Topics")
struct TopicTests {
    @Test(
        "A topic is 1 to 128 of A-Z a-z 0-9 _ . -",
        arguments: [
            ("SaleOrder_Changed", true), ("a", true), ("_", true), ("a.b-c_D9", true),
            (String(repeating: "x", count: 128), true), ("", false),
            (String(repeating: "x", count: 129), false), ("a b", false), ("a*", false),
            ("a/b", false), ("ä", false), ("a\n", false), ("a\u{0}", false), ("a:b", false),
            ("[", false), ("`", false), ("@", false), ("{", false),
        ])
    func valid(name: String, isValid: Bool) {
        #expect(Array(name.utf8).withUnsafeBytes { Topic.isValid($0) } == isValid)
        // As a pattern it is valid too, which may have stars besides.
        #expect(TopicPattern(name).isValid == isValid || name.contains("*"))
    }

    @Test(
        "The entity is what stands before the last bar; only Created and Changed melt",
        arguments: [
            ("SaleOrder_Changed", "SaleOrder", .changed), ("A_B_Created", "A_B", .created),
            ("A_Deleted", "A", .other), ("A_changed", "A", .other),
            ("A_Changed_", "A_Changed", .other),
            ("Changed", "Changed", .other), ("_Changed", "", .changed), ("A_", "A", .other),
            ("A_ChangedX", "A", .other),
        ] as [(String, String, Topic.Event)])
    func split(name: String, entity: String, event: Topic.Event) {
        let split = Topic.split(name)
        #expect(split.entity == entity)
        #expect(split.event == event)
    }

    @Test(
        "A star stands for any run of characters, all else for itself",
        arguments: [
            ("*", "Anything", true), ("Sale*", "SaleOrder_Changed", true), ("Sale*", "Sale", true),
            ("Sale*", "ASale", false), ("*_Changed", "A_Changed", true),
            ("*_Changed", "A_Changed_B", false), ("A*C", "ABC", true), ("A*C", "AC", true),
            ("A*C", "ABCD", false), ("A**C", "ABBC", true), ("*a*a*", "aa", true),
            ("*a*a*", "a", false), ("a", "a", true), ("a", "A", false), ("a", "ab", false),
            ("ab", "a", false), ("*ab", "aab", true), ("*aab*", "aaab", true), (".", "a", false),
            ("**", "", true), ("", "", true), ("", "a", false),
        ])
    func matches(pattern: String, topic: String, matches: Bool) {
        #expect(TopicPattern(pattern).matches(topic) == matches)
    }

    @Test("Patterns match as the plain recursion says", arguments: 1...4)
    func model(seed: Int) {
        var random = SplitMix(UInt64(seed))
        func text(_ letters: String, _ most: Int64) -> String {
            let count = random.number(0...most)
            return String((0..<count).map { _ in letters.randomElement(using: &random)! })
        }
        for _ in 0..<1500 {
            let (pattern, topic) = (text("ab**", 7), text("ab", 9))
            #expect(
                TopicPattern(pattern).matches(topic)
                    == Self.plain(pattern.utf8[...], topic.utf8[...]),
                "\(pattern) on \(topic)")
        }
    }

    private static func plain(
        _ pattern: Substring.UTF8View, _ topic: Substring.UTF8View
    ) -> Bool {
        guard let first = pattern.first else { return topic.isEmpty }
        if first == UInt8(ascii: "*") {
            if plain(pattern.dropFirst(), topic) { return true }
            return !topic.isEmpty && plain(pattern, topic.dropFirst())
        }
        return topic.first == first && plain(pattern.dropFirst(), topic.dropFirst())
    }

    @Test("A pattern of nothing but stars and misses takes no longer than pattern times topic")
    func hostile() {
        let pattern = TopicPattern(String(repeating: "a*", count: 63) + "b")
        let topic = String(repeating: "a", count: 128)
        #expect((0..<200).allSatisfy { _ in !pattern.matches(topic) })
    }

    @Test(
        "A pattern has the characters of a topic, and stars",
        arguments: [("*", true), ("A*_b.-9", true), ("", false), ("a?", false), ("a b", false)])
    func validPattern(text: String, isValid: Bool) {
        #expect(TopicPattern(text).isValid == isValid)
    }
}
