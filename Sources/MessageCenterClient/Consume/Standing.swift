/// Where a warehouse stands, here and at the hub, and what follows when the two differ: pure.
///
/// Three numbers matter: `position` (done here), `confirmed` (what the hub last said it has
/// committed), and what it says now. Nobody but this session and an operator moves the last one,
/// and `seeks` tells which of them: it rises with every move of an operator's. So a lower one is
/// followed where an operator moved it, and made up for where a crash has lost a commit.
struct Standing: Sendable, Equatable {
    /// What is done here; nil before the first answer to a new warehouse.
    var position: Position?
    /// What the hub had committed when it last said so.
    var confirmed: Int
    /// How often an operator had moved the warehouse when the hub last said so; nil: it never did.
    private(set) var seeks: Int?
    let acceptsHub: Bool
    let followsHub: Bool
    /// A page has been taken since the start.
    private(set) var hasBegun = false
    /// The hub did not hand out to this session what is done here: no more than up to here.
    private var handedOut: Int?
    private var hasAccepted = false

    init(
        _ position: Position?, confirmed: Int = 0, seeks: Int? = nil, acceptsHub: Bool = false,
        followsHub: Bool = false
    ) {
        self.position = position
        self.confirmed = confirmed
        self.seeks = seeks
        self.acceptsHub = acceptsHub
        self.followsHub = followsHub
    }

    // MARK: Asking

    /// What to commit with the next pull. The first says where we are even if the hub knows it:
    /// so a hub that has lost messages tells.
    var commit: Int? {
        guard let position, after == nil else { return nil }
        let index = min(position.index, handedOut ?? .max)
        return index > 0 && (!hasBegun || index > confirmed) ? index : nil
    }

    /// Where to read from, while the hub has more committed than is done here.
    var after: Int? {
        guard let position, hasBegun || isGoingBack, position.index < confirmed else { return nil }
        return position.index
    }

    private(set) var isGoingBack = false

    // MARK: Answers

    enum Verdict: Equatable {
        /// The page is the next one: its messages behind `position` are to be handled.
        case take(from: Int, ConsumerNotice? = nil)
        /// The page is of no use: pull again.
        case again(ConsumerNotice)
    }

    /// Takes the head of an answer.
    ///
    /// - Parameter committing: what the pull committed. The hub does that first, and then may wait
    ///   long; where the answer has less as committed, somebody moved the warehouse back meanwhile.
    mutating func answered(_ page: PulledPage, committing: Int? = nil) -> Verdict {
        guard let known = position else {
            position = Position(hub: page.hub, index: page.committed, ordinal: page.from - 1)
            return begin(page, from: page.committed)
        }
        if let seeks, let now = page.seeks, now != seeks, page.committed < known.index {
            return moved(page, known, pullsAgain: after != nil)
        }
        if let after {
            guard page.committed == confirmed else { return moved(page, known, pullsAgain: true) }
            return begin(page, from: after)
        }
        if page.committed > known.index {
            guard hasBegun || followsHub else {
                isGoingBack = true
                confirmed = page.committed
                seeks = page.seeks ?? seeks
                return .again(.goesBack(from: page.committed, to: known.index))
            }
            return moved(page, known, pullsAgain: false)
        }
        if page.committed < max(committing ?? 0, min(confirmed, known.index)) {
            return moved(page, known, pullsAgain: false)
        }
        return begin(page, from: page.committed)
    }

    private mutating func begin(
        _ page: PulledPage, from start: Int, _ notice: ConsumerNotice? = nil
    ) -> Verdict {
        hasBegun = true
        confirmed = page.committed
        seeks = page.seeks ?? seeks
        // Whoever kept the position did not say whose it is.
        if position?.hub == "" { position?.hub = page.hub }
        return .take(from: start, notice)
    }

    /// Somebody moved the warehouse; we go where it is now.
    private mutating func moved(
        _ page: PulledPage, _ known: Position, pullsAgain: Bool
    ) -> Verdict {
        let notice = ConsumerNotice.moved(from: known.index, to: page.committed)
        confirmed = page.committed
        seeks = page.seeks ?? seeks
        handedOut = nil
        isGoingBack = false
        guard pullsAgain else {
            position = Position(hub: page.hub, index: page.committed, ordinal: page.from - 1)
            return begin(page, from: page.committed, notice)
        }
        position = Position(hub: page.hub, index: page.committed)
        return .again(notice)
    }

    /// A page is done, perhaps one that ends below what was done before.
    mutating func done(through index: Int, ordinal: Int) {
        guard let known = position else { return }
        if let handedOut { self.handedOut = index < known.index ? max(handedOut, index) : nil }
        guard index >= known.index else { return }
        position = Position(hub: known.hub, index: index, ordinal: ordinal)
        if index >= confirmed { isGoingBack = false }
    }

    /// A commit by itself was taken.
    mutating func committed(_ index: Int) { confirmed = max(confirmed, index) }

    // MARK: Refusals

    /// Takes a refusal of a pull that is about the position. Nil: pull again, perhaps with a
    /// notice. Else it is not for here to settle.
    mutating func refused(_ refusal: HubRefusal) -> (isSettled: Bool, notice: ConsumerNotice?) {
        switch refusal.code {
        case "not_delivered" where commit != nil:
            handedOut = 0
            return (true, nil)
        case "other_hub":
            return changeHub(refusal.text("hub"), forkedAt: refusal.number("forkedAt"))
        default: return (false, nil)
        }
    }

    private mutating func changeHub(
        _ hub: String, forkedAt: Int?
    ) -> (isSettled: Bool, notice: ConsumerNotice?) {
        guard let known = position, JSONScanner.isName(hub), hub != known.hub else {
            return (false, nil)
        }
        if let forkedAt, known.index <= forkedAt {
            position?.hub = hub
        } else if acceptsHub, !hasAccepted {
            hasAccepted = true
            // What lies beyond the fork is other messages there than here.
            position = forkedAt.map { Position(hub: hub, index: $0) }
        } else {
            return (false, nil)
        }
        // A backup is older than what the former hub confirmed.
        confirmed = 0
        seeks = nil
        handedOut = nil
        return (true, .hubAdopted(from: known.hub, to: hub))
    }
}
