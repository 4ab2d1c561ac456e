import Testing

@testable import Wire

@Suite("The request target")
struct TargetTests {
    @Test(
        "Path and query are split, scheme and host passed over",
        arguments: [
            ("/", "/", nil), ("/a/b?x=1", "/a/b", "x=1"), ("/a?", "/a", ""), ("/?a?b", "/", "a?b"),
            ("*", "", nil), ("http://h/p?q", "/p", "q"), ("HTTP://h:1/p", "/p", nil),
            ("https://h", "", nil), ("http://h?q", "", "q"), ("//h/p", "//h/p", nil),
            ("/http://h/", "/http://h/", nil),
        ] as [(String, String, String?)])
    func parts(text: String, path: String, query: String?) {
        let bytes = text.utf8.span.bytes
        let target = Target(bytes)
        #expect(bytes.text(in: target.path.range) == path)
        #expect(target.query.isPresent == (query != nil))
        #expect(bytes.text(in: target.query.range) == query ?? "")
    }

    @Test(
        "Segments stand between slashes",
        arguments: [
            ("/", [""]), ("/a", ["a"]), ("/a/b", ["a", "b"]), ("/a/", ["a", ""]), ("//", ["", ""]),
            ("/v1/warehouses/105/pull?x=/y", ["v1", "warehouses", "105", "pull"]), ("*", []),
            ("http://h/a", ["a"]), ("/a%2Fb/c", ["a%2Fb", "c"]),
        ])
    func segments(text: String, expected: [String]) {
        let bytes = text.utf8.span.bytes
        let target = Target(bytes)
        var segments = target.segments
        var found: [String] = []
        while let segment = target.next(&segments) { found.append(bytes.text(in: segment.range)) }
        #expect(found == expected)
    }

    @Test("Segments are compared and read as numbers where they lie")
    func values() throws {
        let target = Target("/pull/105/007/x1/".utf8.span.bytes)
        var segments = target.segments
        let first = target.next(&segments)
        let pull = try #require(first)
        #expect(target.matches(pull, "pull") == true)
        #expect(target.matches(pull, "Pull") == false)
        #expect(target.matches(pull, "pul") == false)
        #expect(target.number(pull) == nil)
        var numbers: [Int?] = []
        while let segment = target.next(&segments) { numbers.append(target.number(segment)) }
        #expect(numbers == [105, nil, nil, nil])
    }

    @Test(
        "Escapes are decoded strictly",
        arguments: [
            ("/a%20b", "/a b"), ("/%e4%BD%a0", "/你"), ("/%2F%25", "//%"), ("/a+b", "/a+b"),
            ("/%", nil), ("/%2", nil), ("/%zz", nil), ("/%00", nil), ("/%ff", nil),
            ("/%C0%AF", nil),
            ("/%ED%A0%80", nil), ("/%E4%BD", nil), ("/% 2", nil),
        ] as [(String, String?)])
    func decoding(text: String, expected: String?) {
        let target = Target(text.utf8.span.bytes)
        #expect(target.text(target.path) == expected)
    }

    @Test(
        "Parameters are decoded as HTML forms write them",
        arguments: [
            ("/?a=1&b=2", ["a", "1", "b", "2"]), ("/?a", ["a", ""]), ("/?a=", ["a", ""]),
            ("/?=v", ["", "v"]), ("/?a=b=c", ["a", "b=c"]), ("/?&&a=1&", ["a", "1"]), ("/?", []),
            ("/", []), ("/?q=a+b%2Bc", ["q", "a b+c"]), ("/?%61=%62", ["a", "b"]),
            ("/?a=%zz", nil), ("/?%=1", nil), ("/?a=%00", nil),
        ] as [(String, [String]?)])
    func parameters(text: String, expected: [String]?) {
        let target = Target(text.utf8.span.bytes)
        #expect(target.parameters().map { $0.flatMap { [$0.name, $0.value] } } == expected)
    }
}
