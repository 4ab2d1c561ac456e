/// Names an element of a `Slab` for as long as it is in there, and never another one after it.
package struct Token: Hashable, Sendable {
    /// The place in the slab; used again after a removal.
    package let slot: UInt32

    /// Which element of that place it is; 0 for none of them, see `reserved`.
    package let generation: UInt32

    @inlinable
    package init(slot: UInt32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }

    /// A token no slab ever gives out, for things that live outside one, such as a listener.
    @inlinable
    package static func reserved(_ number: UInt32) -> Token {
        Token(slot: number, generation: 0)
    }

    /// Both halves in one word, the generation above.
    @inlinable
    package var rawValue: UInt64 { UInt64(generation) << 32 | UInt64(slot) }

    @inlinable
    package init(rawValue: UInt64) {
        slot = UInt32(truncatingIfNeeded: rawValue)
        generation = UInt32(truncatingIfNeeded: rawValue >> 32)
    }
}

extension Token: CustomStringConvertible {
    package var description: String { "\(slot).\(generation)" }
}
