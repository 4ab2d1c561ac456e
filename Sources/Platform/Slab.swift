/// A table whose places are used again, and whose tokens know when that has happened.
///
/// An event, a timer or an answer from another thread may arrive after its connection has gone and
/// another one has taken its place. The token it carries then names nothing any more, rather than
/// the wrong connection. Everything is O(1), and nothing is allocated while a place is free.
package struct Slab<Element> {
    /// One place. While free it is a link of the list of free places.
    @usableFromInline
    struct Place {
        /// Of the element in it, or of the next one to come; never 0.
        @usableFromInline var generation: UInt32
        @usableFromInline var nextFree: UInt32
        @usableFromInline var element: Element?

        @inlinable
        init(_ element: Element) {
            generation = 1
            nextFree = Slab.none
            self.element = element
        }
    }

    @usableFromInline var places: ContiguousArray<Place> = []
    @usableFromInline var firstFree = Slab.none

    /// How many elements are in it.
    @usableFromInline package internal(set) var count = 0

    /// Ends the list of free places.
    @inlinable static var none: UInt32 { .max }

    /// An empty slab with room for `capacity` elements; it grows if it must.
    @inlinable
    package init(capacity: Int = 0) {
        places.reserveCapacity(capacity)
    }

    @inlinable
    package var isEmpty: Bool { count == 0 }

    /// Puts `element` into a free place.
    @inlinable
    package mutating func insert(_ element: Element) -> Token {
        count += 1
        guard firstFree != Slab.none else { return append(element) }
        let slot = firstFree
        firstFree = places[Int(slot)].nextFree
        places[Int(slot)].element = element
        return Token(slot: slot, generation: places[Int(slot)].generation)
    }

    @inlinable
    mutating func append(_ element: Element) -> Token {
        precondition(places.count < Int(Slab.none), "a slab has at most 2^32 - 1 places")
        places.append(Place(element))
        return Token(slot: UInt32(places.count - 1), generation: 1)
    }

    /// Takes out what `token` names; `nil` when it is gone already.
    @inlinable
    @discardableResult
    package mutating func remove(_ token: Token) -> Element? {
        guard let element = self[token] else { return nil }
        let slot = Int(token.slot)
        places[slot].element = nil
        // Comes round after 2^32 - 1 uses of this one place: no token is kept that long.
        let next = places[slot].generation &+ 1
        places[slot].generation = next == 0 ? 1 : next
        places[slot].nextFree = firstFree
        firstFree = token.slot
        count -= 1
        return element
    }

    /// What `token` names; `nil` when it has been removed, whoever is in its place now.
    @inlinable
    package subscript(token: Token) -> Element? {
        guard token.slot < places.count else { return nil }
        let place = places[Int(token.slot)]
        return place.generation == token.generation ? place.element : nil
    }
}

extension Slab: Sequence {
    /// Goes through the elements by place.
    package struct Iterator: IteratorProtocol {
        @usableFromInline let places: ContiguousArray<Place>
        @usableFromInline var slot = 0

        @inlinable
        init(_ places: ContiguousArray<Place>) {
            self.places = places
        }

        @inlinable
        package mutating func next() -> (token: Token, element: Element)? {
            while slot < places.count {
                defer { slot += 1 }
                guard let element = places[slot].element else { continue }
                return (Token(slot: UInt32(slot), generation: places[slot].generation), element)
            }
            return nil
        }
    }

    /// A walk over the elements as they are now. The slab may be changed meanwhile, at the price
    /// of one copy of its table.
    @inlinable
    package func makeIterator() -> Iterator { Iterator(places) }

    @inlinable
    package var underestimatedCount: Int { count }
}

extension Slab: Sendable where Element: Sendable {}
extension Slab.Place: Sendable where Element: Sendable {}
extension Slab.Iterator: Sendable where Element: Sendable {}
