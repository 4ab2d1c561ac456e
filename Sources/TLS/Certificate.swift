// Unsafe: holds OpenSSL's certificate, which lives exactly as long as this object.

import COpenSSL
import Glibc

/// An X.509 certificate (RFC 5280). Immutable.
package final class Certificate: @unchecked Sendable {
    // Unchecked: nobody changes what the handle stands for, and its count of owners is atomic.
    let handle: OpaquePointer

    /// The common name of its subject; nil if there is none, or several.
    package let commonName: String?

    /// When it is no longer good: seconds since 1970.
    package let ends: Int64

    /// Takes over `handle`.
    init(owning handle: OpaquePointer) {
        self.handle = handle
        commonName = Self.commonName(of: handle)
        ends = Self.seconds(X509_get0_notAfter(handle))
    }

    deinit {
        X509_free(handle)
    }

    private static func commonName(of handle: OpaquePointer) -> String? {
        let subject = X509_get_subject_name(handle)
        let place = X509_NAME_get_index_by_NID(subject, NID_commonName, -1)
        guard place >= 0, X509_NAME_get_index_by_NID(subject, NID_commonName, place) < 0 else {
            return nil
        }
        let entry = X509_NAME_get_entry(subject, place)
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = ASN1_STRING_to_UTF8(&bytes, X509_NAME_ENTRY_get_data(entry))
        guard count >= 0, let bytes else { return nil }
        defer { CRYPTO_free(bytes, #fileID, #line) }
        // By its length: a name may hold a zero, and is not what stands before that.
        return String(decoding: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self)
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
        var parts = tm()
        return ASN1_TIME_to_tm(time, &parts) == 1 ? Int64(timegm(&parts)) : 0
    }
}
