/// A request that is sent many times, written once; what changes is written over in place.
struct RequestBytes {
    private(set) var bytes: [UInt8] = []

    /// Puts head and body together. The body's length never changes, so the head never does.
    init(
        method: String, path: String, contentType: String, host: String, token: String?, body: Body
    ) {
        let authorization = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        let head =
            "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\nContent-Type: \(contentType)\r\n"
            + "\(authorization)Content-Length: \(body.bytes.count)\r\n\r\n"
        bytes = Array(head.utf8)
        bodyStart = bytes.count
        bytes += body.bytes
    }

    private var bodyStart = 0

    /// Writes a number to the right of its field; JSON allows the spaces before it.
    mutating func write(_ number: Int, at field: Field) {
        var rest = number
        var place = bodyStart + field.offset + field.width
        repeat {
            place -= 1
            bytes[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        while place > bodyStart + field.offset {
            place -= 1
            bytes[place] = UInt8(ascii: " ")
        }
    }

    /// Fills the field with the low digits of a number, in hexadecimal.
    mutating func write(hexadecimal number: UInt64, at field: Field) {
        var rest = number
        for place in stride(from: field.width - 1, through: 0, by: -1) {
            let digit = UInt8(truncatingIfNeeded: rest & 15)
            bytes[bodyStart + field.offset + place] =
                digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
            rest >>= 4
        }
    }

    /// A place in the body that changes from request to request.
    struct Field {
        let offset: Int
        let width: Int
    }

    /// The body while it is being laid out.
    struct Body {
        private(set) var bytes: [UInt8] = []

        mutating func append(_ text: String) {
            bytes += text.utf8
        }

        /// Leaves room for a field.
        mutating func field(width: Int) -> Field {
            defer { bytes += [UInt8](repeating: UInt8(ascii: " "), count: width) }
            return Field(offset: bytes.count, width: width)
        }
    }
}
