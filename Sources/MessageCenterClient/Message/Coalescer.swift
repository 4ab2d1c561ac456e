/// Which messages of a batch melt into one.
public enum Coalescing: String, Sendable, CaseIterable {
    /// None: each is handled by itself.
    case off
    /// Only those that follow each other at once.
    case adjacent
    /// All of one key in the batch, whatever of other keys lies between.
    case perKey
}

/// The rules of coalescing, the same as the hub's, as a value without I/O.
///
/// A run is of one wid, entity and key: all Changed, perhaps a Created first. Any other message of
/// the same wid, entity and key ends it, even one that nobody handles; messages of other keys do so
/// only in `.adjacent`. Without key nothing melts.
public struct Coalescer: Sendable {
    /// Keys are bytes: texts that only look alike are not the same, as they are for `String`.
    private struct Run: Hashable {
        let wid: Int
        let entity: Substring
        let key: [UInt8]
    }

    private let mode: Coalescing
    private var open: [Run: Int] = [:]

    /// A coalescer that has seen nothing yet.
    public init(_ mode: Coalescing) {
        self.mode = mode
    }

    /// Takes the line's next message.
    ///
    /// - Parameters:
    ///   - message: the next one, in the order of the line.
    ///   - slot: the place where it would stand; nil if nobody handles it.
    /// - Returns: the slot of the run it melts into, nil if it stands alone so far.
    public mutating func take(_ message: Message, slot: Int?) -> Int? {
        guard mode != .off else { return nil }
        guard let key = message.key else {
            if mode == .adjacent { open.removeAll(keepingCapacity: true) }
            return nil
        }
        let (entity, event) = Topic.split(message.topic)
        let run = Run(wid: message.wid, entity: entity, key: Array(key.utf8))
        let joined = event == .changed && slot != nil ? open[run] : nil
        if mode == .adjacent { open.removeAll(keepingCapacity: true) }
        open[run] = event == .other ? nil : joined ?? slot
        return joined
    }
}
