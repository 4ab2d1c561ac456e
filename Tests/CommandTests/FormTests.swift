import Platform
import Testing

@testable import message_center

@Suite("The form of a value")
struct FormTests {
    @Test(
        "of a position is an index, or text for the hub",
        arguments: [
            ("0", "0"), ("1300", "1300"), ("earliest", "\"earliest\""),
            ("2026-11-20T08:00:00Z", "\"2026-11-20T08:00:00Z\""),
            ("160704133235041047000007210", "\"160704133235041047000007210\""),
        ])
    func position(text: String, json: String) throws {
        #expect(try ValueForm.position.read(text).json == json)
    }

    @Test("of a position is refused where the hub could not take it", arguments: ["-1", "", "a b"])
    func noPosition(text: String) {
        #expect(throws: Mistake.self) { try ValueForm.position.read(text) }
    }

    @Test(
        "of a size is bytes, or more of them with a letter",
        arguments: [("1", 1), ("4k", 4_096), ("1M", 1_048_576)])
    func size(text: String, bytes: Int) throws {
        #expect(try ValueForm.size(1...(1 << 20)).read(text) == bytes)
    }

    @Test("of a size stays within its bounds", arguments: ["0", "2m", "k", "-1k", "1e3", ""])
    func noSize(text: String) {
        #expect(throws: Mistake.self) { try ValueForm.size(1...(1 << 20)).read(text) }
    }
}
