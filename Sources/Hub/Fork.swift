/// A hub that this one was restored from: the log is the same up to `head`, and goes apart there.
///
/// A hub restored from the backup of a restored hub has one for each generation.
package struct Fork: Equatable, Sendable {
    /// The former hub's identity.
    package let hub: String
    /// The tag of the ids that it gave.
    package let tag: UInt32
    /// The newest message of the backup: what the former hub stored behind it is not here.
    package let head: Int64

    package init(hub: String, tag: UInt32, head: Int64) {
        self.hub = hub
        self.tag = tag
        self.head = head
    }
}
