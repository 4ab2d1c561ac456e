import Testing

@testable import Wire

@Suite("Entity tags")
struct EntityTagTests {
    @Test(
        "A tag is found in a list, weakly compared",
        arguments: [
            ("\"a\"", true), ("W/\"a\"", true), ("*", true), (" * ", true), ("\"b\", \"a\"", true),
            ("\"b\",W/\"a\",\"c\"", true), (",, \"a\"", true), ("\"b,\", \"a\"", true), ("", false),
            ("\"b\"", false), ("\"aa\"", false), ("a", false), ("\"a", false), ("w/\"a\"", false),
            ("\"b\" *", false), ("W/", false), ("\"\"", false), ("x\"a\"", false),
        ])
    func lists(value: String, isListed: Bool) {
        #expect(
            EntityTags.list(value.utf8.span.bytes, contains: "\"a\"".utf8.span.bytes) == isListed)
    }

    @Test("Characters are counted, not bytes")
    func characters() {
        #expect("aé你😀".utf8.span.bytes.characterCount == 4)
        #expect("".utf8.span.bytes.characterCount == 0)
    }
}
