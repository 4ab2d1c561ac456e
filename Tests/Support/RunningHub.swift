package import HubServer
package import Platform

/// A hub in this process, on a port of its own, with data that go when it does.
package final class RunningHub {
    package let endpoint: Endpoint
    package let folder: TemporaryFolder
    package let clock: WallClock
    private let speaksTLS: Bool
    private var server: Server?

    /// Starts it.
    ///
    /// - Parameters:
    ///   - folder: data of an earlier hub to go on with.
    ///   - inClear: whether it speaks no TLS, unless `configure` says how it does.
    ///   - loops: event loops; two, so that what passes between loops is tested too.
    package init(
        folder: TemporaryFolder? = nil, loops: Int = 2, clock: WallClock = WallClock(),
        inClear: Bool = !TestTLS.isOn,
        configure: (inout Configuration) -> Void = { _ in }
    ) throws {
        let folder = try folder ?? TemporaryFolder()
        var configuration = Configuration(
            listen: try Endpoint("127.0.0.1:0"), data: folder.path, loops: loops,
            connections: 20_000)
        configuration.logLevel = .error
        // A test has said all it wanted to say when it stops its hub.
        configuration.deadlines.farewell = 0
        // How full this machine's disk is, is no business of theirs.
        configuration.leastFree = 0
        configuration.archivesWhenIdle = false
        configuration.tls = inClear ? nil : TestTLS.files
        // Over TLS a connection has as long for its first word as for a head. On a machine that
        // many tests share, one that a test makes first and uses last needs the time that it has in
        // the clear.
        if !inClear { configuration.deadlines.head = configuration.deadlines.idle }
        configure(&configuration)
        let server = try Server(configuration, clock: clock)
        self.server = server
        speaksTLS = configuration.tls != nil
        self.folder = folder
        self.clock = clock
        endpoint = server.endpoint
    }

    /// Where clients find it.
    package var url: String { "http\(speaksTLS ? "s" : "")://\(endpoint)" }

    /// - Parameter address: the one of this machine to come from; nil: any.
    package func client(from address: String? = nil) throws -> RawClient {
        try RawClient(endpoint, from: address, tls: speaksTLS ? TestTLS.client : nil)
    }

    /// Stops it in order; the data stay until nobody needs the folder.
    package func stop() {
        server?.stop()
        server = nil
    }

    deinit {
        stop()
    }
}
