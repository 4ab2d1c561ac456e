import TestSupport
import Wire

@testable import TLS

/// A client and a server that exchange records by hand, whole or cut.
struct TLSPair: ~Copyable {
    let client: TLSSession
    let server: TLSSession
    /// What is on its way to each.
    var toServer = ByteBuffer()
    var toClient = ByteBuffer()
    /// What each has opened.
    var atServer = ByteBuffer()
    var atClient = ByteBuffer()

    init(
        server context: TLSContext? = nil, client trusting: TLSContext = TestTLS.client,
        host: String = "127.0.0.1"
    ) throws {
        let own = TestTLS.certificates
        server = TLSSession(
            serving: try context
                ?? TLSContext(certificate: own.hub, key: own.hubKey))
        client = TLSSession(connecting: trusting, to: host)
        client.begin(into: &toServer)
    }

    /// Hands over what is on its way until nothing is; returns what came of it on either side.
    @discardableResult
    mutating func settle() -> (server: TLSSession.Outcome, client: TLSSession.Outcome) {
        var outcomes = (server: TLSSession.Outcome.opened, client: TLSSession.Outcome.opened)
        while !toServer.isEmpty || !toClient.isEmpty {
            let before = (toServer.count, toClient.count)
            let served = server.open(&toServer, into: &atServer, answering: &toClient)
            let told = client.open(&toClient, into: &atClient, answering: &toServer)
            if served != .opened { outcomes.server = served }
            if told != .opened { outcomes.client = told }
            if before == (toServer.count, toClient.count) { break }
        }
        return outcomes
    }

    /// Hands over what is on its way to the server.
    mutating func step() -> TLSSession.Outcome {
        server.open(&toServer, into: &atServer, answering: &toClient)
    }

    mutating func say(_ text: String) {
        var plain = ByteBuffer()
        plain.append(text)
        client.seal(&plain, into: &toServer)
    }

    mutating func answer(_ text: String) {
        var plain = ByteBuffer()
        plain.append(text)
        server.seal(&plain, into: &toClient)
    }
}

extension TestTLS {
    /// What clients speak one version with.
    ///
    /// - Parameter file: of the certificate they show; nil: they show none.
    static func client(only version: TLSVersion, showing file: String? = nil) throws -> TLSContext {
        let context = try TLSContext(
            authorities: certificates.authority,
            certificate: file.map {
                (file: certificates.file("\($0).pem"), key: certificates.file("\($0).key"))
            })
        context.speak(only: version)
        return context
    }
}
