import Platform
import Testing

@Suite("Finding bytes among bytes") struct ByteSearchTests {
    @Test(
        "The first place from a start on, or nowhere",
        arguments: [
            ("abcabc", "bc", 0, 1), ("abcabc", "bc", 2, 4), ("abcabc", "bc", 5, nil),
            ("abc", "abcd", 0, nil), ("abc", "abc", 0, 0), ("abc", "abc", 1, nil),
            ("abc", "c", 2, 2), ("abc", "c", 3, nil), ("abc", "c", 9, nil), ("", "a", 0, nil),
            ("aaab", "aab", 0, 1),
        ] as [(String, String, Int, Int?)])
    func places(_ text: String, _ part: String, _ start: Int, _ place: Int?) {
        let (bytes, sought) = (Array(text.utf8), Array(part.utf8))
        bytes.withUnsafeBytes { bytes in
            sought.withUnsafeBytes { sought in
                #expect(bytes.firstPlace(of: sought, from: start) == place)
            }
            #expect(bytes.contains(sought) == text.contains(part))
        }
    }
}
