// Unsafe because OpenSSL reads through pointers.

import COpenSSL
import Hub
import Wire

/// The digest of a frame, which chains it to the frame before.
package enum FrameDigest {
    static func make(previous: [UInt8], frame: borrowing ByteBuffer) -> [UInt8] {
        frame.withUnsafeBytes { make(previous: previous, frame: $0) }
    }

    /// SHA-256 of the 32 bytes of `previous` and of the frame as it stands in the file.
    static func make(previous: [UInt8], frame: UnsafeRawBufferPointer) -> [UInt8] {
        precondition(previous.count == ArchivedFrame.digestBytes)
        guard let context = EVP_MD_CTX_new() else { fatalError("no memory for a digest") }
        defer { EVP_MD_CTX_free(context) }
        var digest = [UInt8](repeating: 0, count: ArchivedFrame.digestBytes)
        let done =
            EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
            && EVP_DigestUpdate(context, previous, previous.count) == 1
            && EVP_DigestUpdate(context, frame.baseAddress, frame.count) == 1
            && EVP_DigestFinal_ex(context, &digest, nil) == 1
        precondition(done, "SHA-256 of bytes in memory cannot fail")
        return digest
    }
    /// What a frame, of which `bytes` are the beginning, names as the digest of the one before;
    /// nil: it has no sound header.
    package static func previous(ofFrame bytes: ArraySlice<UInt8>) -> [UInt8]? {
        let start = Array(bytes.prefix(FrameHeader.prefix + FrameHeader.textLimit))
        return (try? FrameHeader.read(start.span.bytes))?.header.previous
    }
}
