/// Why a warehouse's call is refused, with what its client needs to go on.
package enum Refusal: Error, Equatable, Sendable {
    /// The caller once held the lease; `holder` has it now.
    case sessionFenced(holder: String, expiresIn: UInt64)
    /// Somebody else holds the lease.
    case sessionHeld(holder: String, expiresIn: UInt64)
    /// The index was never handed out (since the last seek or change of holder).
    case notDelivered(delivered: Int64)
    /// The index is above the newest message.
    case positionAhead(head: Int64)
    /// An operator paused the warehouse.
    case paused
    /// The warehouse is closed.
    case retired
    /// No such warehouse.
    case unknownWarehouse
    /// As many warehouses as may register are there.
    case warehouseLimit
    /// No dead letter has this number.
    case unknownLetter
    /// The dead letter has come to its end.
    case letterSettled(DeadLetter.State)
    /// The letter waits behind a dead one of its key, and is tried after that.
    case letterParked
    /// The warehouse has as many open dead letters as it may, or as large ones.
    case letterLimit
    /// The position moved while a page was being read: read again. Never shown to a client.
    case moved
}
