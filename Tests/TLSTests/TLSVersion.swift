// Compiled twice: with the tests, and by Tests/Fuzz/run together with the sources of TLS.
#if !FUZZING
@testable import TLS
#endif
import COpenSSL

/// A version of TLS.
enum TLSVersion: Int, CaseIterable {
    case tls12 = 0x303
    case tls13 = 0x304
}

extension TLSContext {
    /// From now on new connections speak this version, and no other.
    func speak(only version: TLSVersion) {
        for bound in [SSL_CTRL_SET_MIN_PROTO_VERSION, SSL_CTRL_SET_MAX_PROTO_VERSION] {
            SSL_CTX_ctrl(handle, bound, version.rawValue, nil)
        }
    }
}
