import Testing
import Wire

/// `X-Forwarded-For` in a head: the elements, the nearest proxy's first.
@Suite("Forwarded for") struct ForwardedForTests {
    private func elements(_ fields: String, most: Int = .max) -> [String] {
        let head = Array("GET / HTTP/1.1\r\n\(fields)\r\n\r\nX-Forwarded-For: body\r\n".utf8)
        let length = head.count - "X-Forwarded-For: body\r\n".utf8.count
        var elements: [String] = []
        head.span.bytes.forwardedFor(inHead: length) { element in
            elements.append(element)
            return elements.count < most
        }
        return elements
    }

    @Test(
        "Elements come from the right, those of later fields before those of earlier ones",
        arguments: [
            ("X-Forwarded-For: 10.0.0.1", ["10.0.0.1"]),
            (
                "x-forwarded-for:10.0.0.1,10.0.0.2 ,\t10.0.0.3",
                ["10.0.0.3", "10.0.0.2", "10.0.0.1"]
            ),
            ("X-FORWARDED-FOR: a\r\nHost: b\r\nX-Forwarded-For: c, d", ["d", "c", "a"]),
            ("X-Forwarded-For: a\nX-Forwarded-For: b", ["b", "a"]),
            ("X-Forwarded-For: , a,, b ,", ["b", "a"]),
            ("X-Forwarded-For:", []),
            ("X-Forwarded-For: ,", []),
            ("Host: a", []),
            ("X-Forwarded-Form: a\r\nX-Forwarded: b\r\nXX-Forwarded-For: c", []),
            ("Via: X-Forwarded-For: a", []),
        ])
    func order(fields: String, expected: [String]) {
        #expect(elements(fields) == expected)
    }

    @Test("Whoever has found enough is handed no more")
    func enough() {
        #expect(
            elements("X-Forwarded-For: a, b\r\nX-Forwarded-For: c, d", most: 3) == ["d", "c", "b"])
    }

    @Test("A head cut anywhere is read without a fault", arguments: 0...40)
    func cut(length: Int) {
        let head = Array("\r\nX-Forwarded-For: a,\r\nX-Forwarded-For".utf8)
        var count = 0
        head.span.bytes.forwardedFor(inHead: min(length, head.count)) { _ in
            count += 1
            return true
        }
        #expect(count <= 1)
    }
}
