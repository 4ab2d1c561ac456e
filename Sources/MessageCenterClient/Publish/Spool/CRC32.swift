/// The checksum of zip and gzip (CRC-32, ISO-HDLC): finds what a torn write or a bad disk did.
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
    }

    static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var sum = ~UInt32(0)
        for byte in bytes { sum = table[Int((sum ^ UInt32(byte)) & 255)] ^ sum >> 8 }
        return ~sum
    }

    /// Eight hexadecimal digits.
    static func text(of bytes: some Sequence<UInt8>) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        let sum = of(bytes)
        return (0..<8).map { digits[Int(sum >> UInt32(28 - $0 * 4) & 15)] }
    }
}
