/// How TLS cuts a stream of bytes into records: a type, a version and a length before each
/// (RFC 8446, section 5.1).
enum TLSRecords {
    static let headerBytes = 5

    /// Bytes of a record's content at most, sealed; TLS 1.2 allows the longest (RFC 5246, 6.2.3).
    static let contentBytes = 16_384 + 2_048

    /// Bytes of a record's content at most, in the clear.
    static let plainBytes = 16_384

    /// The most bytes that records of `count` bytes take: header, nonce or type, and tag of each.
    static func sealedLength(of count: Int) -> Int {
        count + (count / plainBytes + 1) * 64
    }

    /// The length of the records at the start of `bytes` that are whole. What follows them is the
    /// beginning of one more. All of `bytes` where that cannot be one: whoever reads it, refuses.
    static func whole(in bytes: RawSpan) -> Int {
        var offset = 0
        while bytes.byteCount - offset >= headerBytes {
            let content =
                Int(byte(offset + 3, of: bytes)) << 8 | Int(byte(offset + 4, of: bytes))
            guard isType(byte(offset, of: bytes)), content <= contentBytes else {
                return bytes.byteCount
            }
            guard bytes.byteCount - offset - headerBytes >= content else { return offset }
            offset += headerBytes + content
        }
        guard offset < bytes.byteCount, !isType(byte(offset, of: bytes)) else { return offset }
        return bytes.byteCount
    }

    /// Whether the first record is of a handshake.
    static func isHandshake(_ bytes: RawSpan) -> Bool { byte(0, of: bytes) == 22 }

    /// From change_cipher_spec to application_data.
    private static func isType(_ byte: UInt8) -> Bool { (20...23).contains(byte) }

    private static func byte(_ offset: Int, of bytes: RawSpan) -> UInt8 {
        bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self)
    }
}
