import HubServer
import Platform
import TestSupport

/// A hub with a token behind nginx, which it trusts to tell for whom it asks.
struct ProxiedHub: @unchecked Sendable {
    // Unchecked: one thread of a test stops the hub; the others only ask.
    let hub: RunningHub
    let nginx: NginxProcess
    /// An admin's.
    let token: String

    /// - Parameter changes: what is to stand in the place of what the example says.
    init(changes: [(String, String)] = []) throws {
        let folder = try TemporaryFolder()
        token = try TokenFileMaker.admin(folder)
        hub = try RunningHub(folder: folder) {
            $0.tls = nil
            $0.trustedProxies = [try! NetworkPrefix("127.0.0.1")]
        }
        nginx = try NginxProcess(hub: hub.endpoint, changes: changes)
    }

    /// The words by which curl shows the token.
    var bearer: [String] { ["--header", "Authorization: Bearer \(token)"] }

    /// Asks through nginx.
    func curl(_ path: String, _ words: [String] = []) throws -> ProgramExit {
        try nginx.curl(path, bearer + words)
    }

    /// A client that asks the hub itself.
    func direct() throws -> RawClient {
        let client = try RawClient(hub.endpoint, tls: nil)
        client.token = token
        return client
    }

    /// A client that asks nginx.
    func client() throws -> RawClient {
        let client = try nginx.client()
        client.token = token
        return client
    }
}
