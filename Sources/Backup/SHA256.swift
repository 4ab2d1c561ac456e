// Unsafe: holds OpenSSL's state of a digest, which lives exactly as long as this object, and lends
// it the bytes by pointer.

import COpenSSL

/// A SHA-256 digest of bytes that come in pieces; EVP_DigestInit_ex(3).
final class SHA256 {
    private let state: OpaquePointer

    init() {
        guard let state = EVP_MD_CTX_new(), EVP_DigestInit_ex(state, EVP_sha256(), nil) == 1 else {
            fatalError("no memory for a digest")
        }
        self.state = state
    }

    deinit {
        EVP_MD_CTX_free(state)
    }

    func update(_ bytes: some Sequence<UInt8>) {
        let done = bytes.withContiguousStorageIfAvailable {
            EVP_DigestUpdate(state, $0.baseAddress, $0.count)
        }
        precondition(done == 1, "SHA-256 takes any array's bytes")
    }

    /// The 32 bytes; to be asked for once.
    func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        let done = EVP_DigestFinal_ex(state, &digest, nil)
        precondition(done == 1, "SHA-256 cannot fail")
        return digest
    }

    /// Bytes as lower-case hexadecimal digits.
    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
