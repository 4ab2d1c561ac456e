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

    /// What stands at the start of bytes.
    enum Front: Equatable {
        /// Records of so many bytes in all, headers included.
        case whole(Int)
        /// The beginning of a record, or nothing.
        case begun
        /// What cannot be one.
        case impossible
    }

    /// The records at the start of `bytes`, at most so many.
    static func front(of bytes: RawSpan, most: Int = .max) -> Front {
        var whole = 0
        for _ in 0..<most {
            let next = first(of: bytes.extracting(whole..<bytes.byteCount))
            guard case .whole(let length) = next else { return whole > 0 ? .whole(whole) : next }
            whole += length
        }
        return .whole(whole)
    }

    private static func first(of bytes: RawSpan) -> Front {
        if bytes.byteCount > 0, !isType(byte(0, of: bytes)) { return .impossible }
        if bytes.byteCount > 1, byte(1, of: bytes) != majorVersion { return .impossible }
        guard bytes.byteCount >= headerBytes else { return .begun }
        let content = Int(byte(3, of: bytes)) << 8 | Int(byte(4, of: bytes))
        guard content <= contentBytes else { return .impossible }
        return bytes.byteCount < headerBytes + content ? .begun : .whole(headerBytes + content)
    }

    /// Whether the first record is of a handshake.
    static func isHandshake(_ bytes: RawSpan) -> Bool { byte(0, of: bytes) == 22 }

    /// Whether the first record is change_cipher_spec.
    static func isChangeOfCipher(_ bytes: RawSpan) -> Bool { byte(0, of: bytes) == 20 }

    /// From change_cipher_spec to application_data.
    private static func isType(_ byte: UInt8) -> Bool { (20...23).contains(byte) }

    /// Of all there is, and ever was: SSL 3.0 was the first of this form.
    private static let majorVersion: UInt8 = 3

    static func byte(_ offset: Int, of bytes: RawSpan) -> UInt8 {
        bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self)
    }
}
