/// What one warehouse's open dead letters come to, and what its client has been ordered to do with
/// them: what has to be in memory.
///
/// It never changes; a change makes another one. So all threads may look at it, and a warehouse
/// without dead letters has none and pays for none.
package final class LetterTray: Sendable {
    /// An order, as it stands in the answers to pulls.
    package struct Order: Equatable, Sendable {
        package let number: Int64
        package let action: DeadLetter.Action
        package let id: MessageID

        package init(number: Int64, action: DeadLetter.Action, id: MessageID) {
            self.number = number
            self.action = action
            self.id = id
        }
    }

    /// The orders that a client was told.
    package struct Told: Equatable, Sendable {
        /// `newest` of then.
        package var newest: UInt64 = 0
        /// The highest number that was in sight.
        package var last: Int64 = 0

        package init(newest: UInt64 = 0, last: Int64 = 0) {
            self.newest = newest
            self.last = last
        }
    }

    /// What `newest` is for orders of before the hub's start.
    package static let orderBefore: UInt64 = 1

    /// Open letters by state.
    package let dead: Int
    package let parked: Int
    /// Bytes of their bodies and errors.
    package let bytes: Int
    /// By rising number.
    package let orders: [Order]
    /// Rises with every order in the hub: the newest one's that this warehouse had.
    package let newest: UInt64

    private init(dead: Int, parked: Int, bytes: Int, orders: [Order], newest: UInt64) {
        self.dead = dead
        self.parked = parked
        self.bytes = bytes
        self.orders = orders
        self.newest = newest
    }

    /// The tray of a warehouse with these letters; nil: none of them is open.
    ///
    /// - Parameter newest: the number that orders of before a start of the hub have.
    package convenience init?(_ letters: [DeadLetter], newest: UInt64) {
        let open = letters.filter(\.state.isOpen)
        guard !open.isEmpty else { return nil }
        let orders = open.compactMap(Order.init).sorted { $0.number < $1.number }
        let dead = open.count { $0.state == .dead }
        self.init(
            dead: dead, parked: open.count - dead, bytes: open.reduce(0) { $0 + $1.bytes },
            orders: orders, newest: orders.isEmpty ? 0 : newest)
    }

    /// The orders that stand in an answer; others follow when these are done.
    package var inSight: ArraySlice<Order> { orders.prefix(Limits.commandsTold) }

    /// The number of letters that are open.
    package var count: Int { dead + parked }

    /// The tray after one letter has changed; nil: no letter is open any more.
    ///
    /// - Parameters:
    ///   - before: the letter as `tray` has it; nil: it is new.
    ///   - order: the number of the order that the change is; nil: it is none.
    package static func with(
        _ tray: LetterTray?, _ before: DeadLetter?, changedTo after: DeadLetter,
        order: UInt64? = nil
    ) -> LetterTray? {
        func change(_ state: DeadLetter.State) -> Int {
            (after.state == state ? 1 : 0) - (before?.state == state ? 1 : 0)
        }
        let dead = (tray?.dead ?? 0) + change(.dead)
        let parked = (tray?.parked ?? 0) + change(.parked)
        guard dead + parked > 0 else { return nil }
        var orders = tray?.orders ?? []
        if before?.action != after.action {
            let place = orders.firstIndex { $0.number >= after.number } ?? orders.endIndex
            let isThere = place < orders.endIndex && orders[place].number == after.number
            orders.replaceSubrange(
                place..<(isThere ? place + 1 : place), with: [Order(after)].compactMap(\.self))
        }
        return LetterTray(
            dead: dead, parked: parked,
            bytes: (tray?.bytes ?? 0) + after.bytes - (before?.bytes ?? 0), orders: orders,
            newest: order ?? tray?.newest ?? 0)
    }
}

extension LetterTray.Order {
    /// The order that is open for a letter.
    fileprivate init?(_ letter: DeadLetter) {
        guard let action = letter.action else { return nil }
        self.init(number: letter.number, action: action, id: letter.id)
    }
}
