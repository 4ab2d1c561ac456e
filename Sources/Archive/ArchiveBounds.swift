/// The bounds of the archive's files and of the memory it takes.
package enum ArchiveBounds {
    /// Bytes of a frame's lines. The next message begins another frame; one that is larger by
    /// itself gets a frame of its own.
    package static let rawFrame = 1024 * 1024
    /// Bytes of lines that a frame may claim to hold; more is refused before it is unpacked. The
    /// largest message the hub takes is far smaller.
    package static let rawGreatest = 32 * 1024 * 1024
    /// Bytes written before they are forced to disk: more at once would hold up the hub's commits,
    /// which wait for the same disk.
    package static let unsynced = 1024 * 1024
    /// Bytes of lines kept in memory to be compared with what was written; then the writer settles
    /// by itself.
    package static let unsettled = 8 * 1024 * 1024
    /// Bytes of unpacked frames that a reader keeps, the newest frame always.
    package static let unpacked = 8 * 1024 * 1024
    /// Files of one day: more than one only where some were taken away by hand.
    package static let parts = 1000
}
