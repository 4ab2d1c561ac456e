import Testing
import Wire

/// Cookies in a field (RFC 6265, section 4.2.1).
@Suite("Cookies") struct CookieTests {
    private func value(_ field: String) -> String? {
        let bytes = Array(field.utf8)
        guard let value = bytes.span.bytes.cookie("name") else { return nil }
        return value.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    @Test(
        "The first of its name is found, whatever stands around it",
        arguments: [
            ("name=a", "a"), ("name=", ""), ("x=1; name=a; y=2", "a"), ("x=1;name=a;y", "a"),
            (" name=a ", "a"), ("name=a=b", "a=b"), ("name=1; name=2", "1"), (";;name=a", "a"),
            ("xname=1; name=2", "2"), ("name2=1; name=2", "2"), ("name; name=2", "2"),
        ])
    func found(field: String, expected: String) {
        #expect(value(field) == expected)
    }

    @Test(
        "What only looks like it is none",
        arguments: ["", "name", ";", "Name=a", "nam=e", "x=name=a", "=name", "names=a"])
    func none(field: String) {
        #expect(value(field) == nil)
    }
}
