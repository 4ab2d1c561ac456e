import Hub

/// What other threads tell a loop.
enum Mail {
    case written(WriteBatch)
    case wake([UInt32])
    case supersede(Warehouse.WaitingPull)
    /// The archive's desk has read a page.
    case page(PageToRead, DeskPage)
}

/// What the archive's desk has found.
enum DeskPage {
    case read(Page)
    case gone(oldest: Int64)
    /// Nothing more is said: a violation was noted.
    case violation
}

/// A page that was read and is not yet handed out.
struct Page {
    var from: Int64
    var next: Int64
    var more = false
    /// What is shown, by index.
    var shown: [Int64] = []
    var ordinalBefore: Int64 = 0
    var ordinalNext: Int64 = 0
    /// What the model said when it was read.
    var voids: Int
    var seeks: Int
}

/// A pull under way in a loop.
struct Pull {
    enum Phase { case settling, reading, waiting, advancing }

    var call: PullCall
    let client: Int
    let ticket: Int
    var phase = Phase.settling
    var page: Page?
    var hasWaited = false
    /// Its connection is lost.
    var isGone = false
}

/// A pull that was admitted, and whose page a later step reads.
struct PageToRead {
    let call: UInt64
    let from: Int64
    let mayWait: Bool
    /// The epoch of its warehouse when it was admitted.
    let epoch: UInt64
}

/// One event loop: what it owns, and nothing of what it does.
final class Loop {
    let number: Int
    var mail: [Mail] = []
    var batch: WriteBatch
    var waiters = WaiterTable()
    var pulls: [UInt64: Pull] = [:]
    /// Pulls whose pages come next, in the order in which they came: a tick reads so many, and the
    /// others wait for the next.
    var pagesToRead: [PageToRead] = []
    /// Requests other than pulls that wait for the writer: who sent them.
    var requests: [UInt64: Sender] = [:]
    /// Whether the writer is to wake this loop: somebody waits here.
    var sign = false
    /// Pages that the archive's desk reads for this loop.
    var pagesAtDesk = 0
    /// Pulls whose waiters are registered a step too late, where that is the defect.
    var late: [UInt64] = []

    enum Sender {
        case publisher(Int, ticket: Int)
        case client(Int, ticket: Int)
        case nobody
    }

    init(_ number: Int) {
        self.number = number
        batch = WriteBatch(loop: number)
    }

    var hasWork: Bool {
        !mail.isEmpty || !batch.isEmpty || !pagesToRead.isEmpty || waiters.hasReady
            || !late.isEmpty
    }
}
