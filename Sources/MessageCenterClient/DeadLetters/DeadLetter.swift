/// A message that failed all its tries, or one that waits behind such a one of its key.
public struct DeadLetter: Sendable, Equatable {
    /// Where it stands.
    public enum State: String, Sendable, CaseIterable {
        /// It failed all its tries.
        case dead
        /// It waits behind a dead one of its key, and was not tried.
        case parked
        /// It was tried again, with success.
        case done
        /// Somebody decided that it is not needed.
        case dropped
        /// A newer state of the same thing took its place; it was never applied over that.
        case superseded

        /// Whether something is still to be done about it.
        public var isOpen: Bool { self == .dead || self == .parked }
    }

    /// What somebody asks for.
    public enum Order: String, Sendable {
        /// Try it again, and then those parked behind it.
        case retry
        /// Leave it, and go on with those parked behind it.
        case drop
    }

    /// Its number in its file, from 1.
    public var number: Int
    /// Where it stands.
    public var state: State
    /// The message, as the handler got it.
    public var message: Message
    /// The hub whose message it is.
    public var hub: String
    /// Bytes of an error's words that are kept: a message and the trace of a stack.
    static let longestError = 16 * 1024

    /// What the last try threw, up to 16 KiB of it; nil of a parked one.
    public var error: String?
    /// How often it was tried.
    public var tries: Int
    /// RFC 3339: when it was first tried; of a parked one, when it was put here.
    public var firstAt: String
    /// RFC 3339: when it was last tried, or its state changed.
    public var lastAt: String
    /// What is asked for, and not done yet.
    public var order: Order?
}
