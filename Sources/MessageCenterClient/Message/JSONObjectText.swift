/// A JSON object put together member by member; the text has no line end in it.
struct JSONObjectText {
    private(set) var bytes = Array("{".utf8)

    /// The whole object.
    var finished: [UInt8] { bytes + Array("}".utf8) }
    var text: String { String(decoding: finished, as: UTF8.self) }

    /// Adds a member; nothing where there is no value.
    mutating func add(_ name: String, _ value: String?) {
        guard let value else { return }
        begin(name)
        append(quoted: value)
    }

    mutating func add(_ name: String, _ value: Int?) {
        guard let value else { return }
        begin(name)
        bytes += Array(String(value).utf8)
    }

    mutating func add(_ name: String, _ value: Bool) {
        begin(name)
        bytes += Array((value ? "true" : "false").utf8)
    }

    /// Adds a value that is JSON already. White space between its tokens that ends a line would
    /// end this line too, and becomes a space; within its strings there is none (RFC 8259 §7).
    mutating func add(_ name: String, json: some Sequence<UInt8>) {
        begin(name)
        bytes += json.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
    }

    private mutating func begin(_ name: String) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        append(quoted: name)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func append(quoted text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes += [UInt8(ascii: "\\"), byte]
            case 0x00..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                bytes += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
