/// Which messages of a page melt into one: the rules of coalescing, without any I/O.
///
/// A run is of one wid, entity and key: all Changed, perhaps a Created first. Any other message of
/// the same wid, entity and key ends it, even one that the filter leaves out; messages of other
/// keys do so only in `.adjacent`.
package struct Coalescer {
    package enum Mode: Sendable {
        case off, adjacent, perKey
    }

    /// What the rules look at.
    package struct Look {
        package let wid: UInt32
        package let entity: Int32
        package let event: Topic.Event
        /// Nil never melts.
        package let key: String?

        package init(wid: UInt32, entity: Int32, event: Topic.Event, key: String?) {
            self.wid = wid
            self.entity = entity
            self.event = event
            self.key = key
        }
    }

    private struct Run: Hashable {
        let wid: UInt32
        let entity: Int32
        let key: String

        // Keys are bytes: texts that only look alike are not the same, as they are for String.

        static func == (left: Run, right: Run) -> Bool {
            left.wid == right.wid && left.entity == right.entity
                && left.key.utf8.elementsEqual(right.key.utf8)
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(wid)
            hasher.combine(entity)
            for byte in key.utf8 { hasher.combine(byte) }
        }
    }

    private let mode: Mode
    private var open: [Run: Int] = [:]

    package init(_ mode: Mode) {
        self.mode = mode
    }

    /// Takes the line's next message. Returns the slot of the run it melts into, nil if it stands
    /// alone so far.
    ///
    /// - Parameter slot: where it would be shown; nil if the filter leaves it out.
    package mutating func take(_ look: Look, slot: Int?) -> Int? {
        guard mode != .off else { return nil }
        guard let key = look.key else {
            if mode == .adjacent { open.removeAll(keepingCapacity: true) }
            return nil
        }
        let run = Run(wid: look.wid, entity: look.entity, key: key)
        let joined = look.event == .changed && slot != nil ? open[run] : nil
        if mode == .adjacent { open.removeAll(keepingCapacity: true) }
        open[run] = look.event == .other ? nil : joined ?? slot
        return joined
    }
}
