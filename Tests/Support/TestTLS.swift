import Foundation
package import HubServer
package import TLS

/// Whether hubs of tests speak TLS: with `TEST_TLS=1` the whole suite runs over it.
package enum TestTLS {
    package static let isOn = ProcessInfo.processInfo.environment["TEST_TLS"] == "1"

    /// Those of hubs that only need some.
    package static let certificates = made { try TestCertificates() }

    /// What clients of tests speak TLS with.
    package static let client = made { try TLSContext(authorities: certificates.authority) }

    private static func made<Value>(_ make: () throws -> Value) -> Value {
        do { return try make() } catch { fatalError("no TLS for tests: \(error)") }
    }

    /// The certificate and key of hubs.
    package static var files: TLSFiles {
        TLSFiles(certificate: certificates.hub, key: certificates.hubKey)
    }

    /// The authority that clients of hubs have to trust; nil in the clear.
    package static var authority: String? { isOn ? certificates.authority : nil }

    /// The same in a tool's configuration, before its other members.
    package static var member: String {
        authority.map { "\"tls\":{\"authority\":\"\($0)\"}," } ?? ""
    }

    /// What tells the program, as a client, whom to trust.
    package static var environment: [String: String] {
        authority.map { ["MESSAGE_CENTER_TLS_AUTHORITY": $0] } ?? [:]
    }

    /// The environment of a program that a test starts.
    package static var processEnvironment: [String: String] {
        environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
    }
}
