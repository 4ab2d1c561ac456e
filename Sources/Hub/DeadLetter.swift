/// A message that a warehouse's client could not handle, or holds back behind one of the same key:
/// what the hub knows of it from the client's reports, and what an operator has ordered.
///
/// The client has the message and decides what becomes of it; the hub mirrors that. A value without
/// I/O: the whole of what reports and orders do to a letter is here. Times are milliseconds since
/// 1970, 0 is never.
package struct DeadLetter: Equatable, Sendable {
    package enum State: String, CaseIterable, Sendable {
        /// It has failed all its tries.
        case dead
        /// It waits behind a dead one of its key.
        case parked
        /// It was handled after all.
        case done
        /// An operator gave it up.
        case dropped
        /// A newer message of its key was handled in its place.
        case superseded

        /// Whether the client still has something to do with it.
        package var isOpen: Bool { self == .dead || self == .parked }
    }

    /// What an operator may order.
    package enum Action: String, CaseIterable, Sendable {
        case retry, drop
    }

    /// Its name at the hub, from 1; never given twice.
    package let number: Int64
    package let wid: UInt32
    /// The message's.
    package let id: MessageID
    package var index: Int64
    package var topic: String
    package var key: String?
    /// Why its last try failed, in the client's words.
    package var error: String
    package var tries: Int64
    /// The first and the last try, by the client's clock.
    package var firstAt: Int64
    package var lastAt: Int64
    package var state: State
    /// Bytes of the body that is kept with it; 0: none is.
    package var bodyBytes: Int

    // By the hub's clock.

    /// When it was first reported.
    package var reported: Int64
    /// When it last became dead.
    package var died: Int64 = 0
    /// When it came to its end; 0 while it is open.
    package var settled: Int64 = 0

    /// What the client is to do with it; nil: nothing was ordered, or the client has done it.
    package var action: Action?
    package var ordered: Int64 = 0

    package init(
        number: Int64, wid: UInt32, id: MessageID, index: Int64, topic: String, key: String?,
        error: String, tries: Int64, firstAt: Int64, lastAt: Int64, state: State, bodyBytes: Int,
        reported: Int64
    ) {
        self.number = number
        self.wid = wid
        self.id = id
        self.index = index
        self.topic = topic
        self.key = key
        self.error = error
        self.tries = tries
        self.firstAt = firstAt
        self.lastAt = lastAt
        self.state = state
        self.bodyBytes = bodyBytes
        self.reported = reported
    }

    /// Bytes that it takes of what one warehouse's open letters may.
    package var bytes: Int { state.isOpen ? bodyBytes + error.utf8.count : 0 }
}

/// What a client tells of one of its dead letters.
package struct LetterReport: Equatable, Sendable {
    package var id: MessageID
    package var index: Int64
    package var topic: String
    package var state: DeadLetter.State
    package var key: String?
    /// JSON text.
    package var body: [UInt8]?
    package var error: String
    package var tries: Int64
    package var firstAt: Int64
    package var lastAt: Int64

    package init(
        id: MessageID, index: Int64, topic: String, state: DeadLetter.State, key: String? = nil,
        body: [UInt8]? = nil, error: String = "", tries: Int64 = 0, firstAt: Int64 = 0,
        lastAt: Int64 = 0
    ) {
        self.id = id
        self.index = index
        self.topic = topic
        self.state = state
        self.key = key
        self.body = body
        self.error = error
        self.tries = tries
        self.firstAt = firstAt
        self.lastAt = lastAt
    }

    /// Bytes that it takes in memory on its way to the store.
    package var bytes: Int { (body?.count ?? 0) + error.utf8.count }
}

// MARK: - Reports

extension DeadLetter {
    /// The letter that a first report makes.
    package init(_ report: LetterReport, number: Int64, wid: UInt32, wall: Int64) {
        self.init(
            number: number, wid: wid, id: report.id, index: report.index, topic: report.topic,
            key: report.key, error: report.error, tries: report.tries, firstAt: report.firstAt,
            lastAt: report.lastAt, state: report.state,
            bodyBytes: report.state.isOpen ? report.body?.count ?? 0 : 0, reported: wall)
        if state == .dead { died = wall }
        if !state.isOpen { settled = wall }
    }

    /// Takes a further report of the same message.
    ///
    /// Clients repeat reports until they are answered, so each has its effect once, however often
    /// and late it comes:
    /// - an end that is told again, or another end, changes nothing;
    /// - a letter that has ended is open again only by a report of other tries: the warehouse was
    ///   sought back, and the message has failed once more. The same tries are a late repeat;
    /// - an order to retry is done when the tries have changed, or the state has.
    package mutating func apply(_ report: LetterReport, wall: Int64) {
        guard report.state.isOpen else {
            if state.isOpen { settle(report.state, wall) }
            return
        }
        guard state.isOpen || !hasTries(of: report) else { return }
        if state != report.state || !hasTries(of: report), action == .retry { forgetOrder() }
        if report.state == .dead, state != .dead { died = wall }
        if let body = report.body, bodyBytes == 0 { bodyBytes = body.count }
        state = report.state
        settled = 0
        index = report.index
        topic = report.topic
        key = report.key ?? key
        error = report.error
        (tries, firstAt, lastAt) = (report.tries, report.firstAt, report.lastAt)
    }

    private func hasTries(of report: LetterReport) -> Bool {
        (tries, firstAt, lastAt) == (report.tries, report.firstAt, report.lastAt)
    }

    private mutating func settle(_ state: State, _ wall: Int64) {
        self.state = state
        settled = wall
        bodyBytes = 0
        forgetOrder()
    }

    private mutating func forgetOrder() {
        action = nil
        ordered = 0
    }
}

// MARK: - Orders

extension DeadLetter {
    /// Notes what the client is to do. The same order again changes nothing, another one takes its
    /// place.
    package mutating func order(_ action: Action, wall: Int64) throws(Refusal) {
        guard state.isOpen else { throw .letterSettled(state) }
        // It goes along with the one that it waits for, and not before.
        guard state == .dead || action == .drop else { throw .letterParked }
        guard self.action != action else { return }
        self.action = action
        ordered = wall
    }
}
