package import Archive
import Hub
package import Platform

/// How a hub is to run: every setting checked.
///
/// Flags go over environment, environment over file: see `Settings`.
package struct Configuration: Sendable {
    /// The program's version, told to those who look.
    package var version = ""
    /// Where the hub listens.
    package var listen: Endpoint
    /// The files by which it speaks TLS; nil: it speaks in the clear.
    package var tls: TLSFiles?
    /// The data folder.
    package var data: String
    /// The folder of the archive's files.
    package var archive: String
    /// How long, and how much, the store keeps.
    package var retention = Retention(age: 7 * 86_400_000)
    /// Milliseconds that a message stays in the archive; nil: for ever.
    package var archiveRetention: Int64?
    /// Bytes of room on the disks of data and archive below which no message is taken.
    package var leastFree = Limits.leastFree
    /// Whether the archiver leaves the processors to whoever else wants them. A test does not wait
    /// for what else a machine has to do.
    package var archivesWhenIdle = true
    /// Event loops, each a thread.
    package var loops: Int
    package var logLevel = Log.Level.info
    package var logFormat = Log.Format.text
    /// Minutes east of Greenwich for the old 27-digit positions.
    package var legacyZoneMinutes = 8 * 60
    /// Connections at once.
    package var connections: Int
    /// Connections of one address at once; nil: as many as there may be.
    package var connectionsOfAddress: Int? = Limits.connectionsOfAddress
    /// Requests a second of one token, and of one address; nil: as many as come.
    package var requestsOfToken: Int? = Limits.requestsOfToken
    package var requestsOfAddress: Int? = Limits.requestsOfAddress
    /// Addresses whose requests and connections are not counted.
    package var exempt = [try! NetworkPrefix("127.0.0.0/8"), try! NetworkPrefix("::1/128")]
    /// Peers that tell in `X-Forwarded-For` whose request they hand on, and are believed.
    package var trustedProxies: [NetworkPrefix] = []
    /// How long a connection may take for what.
    package var deadlines = Deadlines()
    /// Milliseconds that the writer waits for a database held by another program.
    package var busyMilliseconds: Int32 = 2000
    /// Milliseconds that the archive is searched for an id before its request is refused.
    package var lookupMilliseconds = Limits.lookupMilliseconds
    /// Bytes of requests, and of answers, that all connections may hold; a test makes them few.
    package var requestBytesHeld = Limits.requestBytesHeld
    package var answerBytesHeld = Limits.answerBytesHeld
    /// How often samples for the charts are taken; a test makes it often.
    package var sampling = Sampling()
    /// Bytes of events that may wait for one who follows them; a test makes them few.
    package var followerBytes = Limits.followerBytes
    /// How much room there is at a path; a test makes it little.
    package var free: @Sendable (_ path: String) throws(Errno) -> UInt64 = { (path) throws(Errno) in
        try DiskSpace.free(path: path)
    }
    /// Asked at each step of a move whether it fails; for tests.
    package var archiveFault: @Sendable (ArchiveStep) -> ArchiveFailure? = { _ in nil }

    package init(listen: Endpoint, data: String, loops: Int, connections: Int) {
        self.listen = listen
        self.data = data
        archive = data + "/archive"
        self.loops = loops
        self.connections = connections
    }
}
