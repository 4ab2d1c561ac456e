import COpenSSL

/// SHA-256 of some bytes. Of tokens and cookies it is all that the hub keeps.
///
/// Tokens are looked up by their digests, and the time that takes tells nothing worth knowing. A
/// table finds its place by the digest's first word under a key that each process draws anew. What
/// is compared there is digests, never tokens: whoever could measure how much of one fits would
/// learn a part of a digest that nobody can choose to the end, and no token follows from even the
/// whole of it, being 256 random bits behind a one-way function. And there is nothing to measure:
/// the comparison looks at all 32 bytes, whatever it finds (CRYPTO_memcmp(3)).
struct Digest: Hashable, Sendable {
    /// As they lie in memory.
    private var quarters: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// Of the bytes of `token`.
    init(of token: UnsafeRawBufferPointer) {
        let done = withUnsafeMutableBytes(of: &quarters) {
            EVP_Digest(
                token.baseAddress, token.count, $0.bindMemory(to: UInt8.self).baseAddress, nil,
                EVP_sha256(), nil)
        }
        precondition(done == 1, "SHA-256 of a short text cannot fail")
    }

    init(of token: String) {
        var token = token
        self = token.withUTF8 { Self(of: UnsafeRawBufferPointer($0)) }
    }

    init(of token: RawSpan) {
        self = token.withUnsafeBytes { Self(of: $0) }
    }

    /// The digest whose `bytes` these are; nil: they are not 32.
    init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        withUnsafeMutableBytes(of: &quarters) { $0.copyBytes(from: bytes) }
    }

    /// Its 32 bytes.
    var bytes: [UInt8] { withUnsafeBytes(of: quarters) { Array($0) } }

    /// Its first bytes come first, whatever machine this is.
    var words: [UInt64] {
        [quarters.0, quarters.1, quarters.2, quarters.3].map { UInt64(bigEndian: $0) }
    }

    static func == (left: Digest, right: Digest) -> Bool {
        withUnsafeBytes(of: left.quarters) { left in
            withUnsafeBytes(of: right.quarters) { right in
                CRYPTO_memcmp(left.baseAddress, right.baseAddress, left.count) == 0
            }
        }
    }

    func hash(into hasher: inout Hasher) { hasher.combine(quarters.0) }
}
