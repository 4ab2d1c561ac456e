// Unsafe pointers stand in `MessageRow` because a row is looked at where the store has it (a page
// of SQLite's cache, a batch's arena) and copied once, into the answer. They are valid inside the
// call that was given the row, and no longer.

/// One message as the store holds it, for as long as a call to look at it lasts.
package struct MessageRow {
    package var index: Int64
    package var id: MessageID
    package var topic: Int32
    package var wid: UInt32
    /// Its place among the messages of its wid, from 1.
    package var nth: Int64
    package var key: UnsafeRawBufferPointer?
    package var body: UnsafeRawBufferPointer
    /// Milliseconds since 1970, the hub's clock.
    package var created: Int64
    /// Milliseconds since 1970, the publisher's word.
    package var occurred: Int64?
    /// The message that this one is a copy of, if it was replayed.
    package var replayOf: ReplayOf?

    package init(
        index: Int64, id: MessageID, topic: Int32, wid: UInt32, nth: Int64,
        key: UnsafeRawBufferPointer?, body: UnsafeRawBufferPointer, created: Int64,
        occurred: Int64?, replayOf: ReplayOf? = nil
    ) {
        self.index = index
        self.id = id
        self.topic = topic
        self.wid = wid
        self.nth = nth
        self.key = key
        self.body = body
        self.created = created
        self.occurred = occurred
        self.replayOf = replayOf
    }

    /// What a filter is shown of a message that it leaves out.
    package init(
        index: Int64, topic: Int32, wid: UInt32, nth: Int64, key: UnsafeRawBufferPointer?
    ) {
        self.init(
            index: index, id: MessageID(high: 0, low: 0), topic: topic, wid: wid, nth: nth,
            key: key, body: UnsafeRawBufferPointer(start: nil, count: 0), created: 0, occurred: nil)
    }
}

/// The message that another one is a copy of.
package struct ReplayOf: Equatable, Sendable {
    package var id: MessageID
    package var index: Int64

    package init(id: MessageID, index: Int64) {
        self.id = id
        self.index = index
    }
}

/// Why the store could not do it.
package enum StoreFailure: Error, Equatable, Sendable {
    /// No room on the disk.
    case full
    /// Another program holds the database longer than the store waits.
    case busy
    /// The database is damaged, or not what was written to it.
    case damaged(String)
    /// Reading or writing the disk failed.
    case disk(String)
    case other(String)
}

/// What a store knows when it is opened.
package struct StoreState: Sendable {
    /// The hub's identity, made with the store, or when it was restored.
    package var hub: String
    package var ids: HubIDs
    /// The hubs that this one was restored from.
    package var forks: [Fork]
    /// The newest index ever given.
    package var head: Int64
    /// The newest `created` ever given.
    package var lastCreated: Int64
    package var topics: [StoredTopic]
    package var warehouses: [Warehouse]
    package var archive: ArchiveState
    /// The highest number that a dead letter ever had.
    package var lastLetter: Int64

    package init(
        hub: String, ids: HubIDs, forks: [Fork] = [], head: Int64, lastCreated: Int64,
        topics: [StoredTopic], warehouses: [Warehouse], archive: ArchiveState = ArchiveState(),
        lastLetter: Int64 = 0
    ) {
        self.lastLetter = lastLetter
        self.archive = archive
        self.hub = hub
        self.ids = ids
        self.forks = forks
        self.head = head
        self.lastCreated = lastCreated
        self.topics = topics
        self.warehouses = warehouses
    }
}

/// A topic, and how many messages it ever had. Its place in the list of topics is its number.
package struct StoredTopic: Sendable, Equatable {
    package let name: String
    package var count: Int64 = 0
    package var lastIndex: Int64 = 0
    package var lastCreated: Int64 = 0

    package init(name: String) {
        self.name = name
    }

    package mutating func note(index: Int64, created: Int64) {
        count += 1
        lastIndex = index
        lastCreated = created
    }
}

/// The border between archive and store, and what the archive has lost on purpose.
package struct ArchiveState: Equatable, Sendable {
    /// Messages at or below it are in the archive, others in the store; 0: none was moved.
    package var border: Int64 = 0
    /// When message `border` was created: milliseconds since 1970.
    package var borderTime: Int64 = 0
    /// The digest of the newest frame, which the next one goes on from.
    package var lastDigest = ArchivedFrame.noDigest
    /// Messages at or below it were pruned: they are nowhere any more; 0: none was.
    package var pruned: Int64 = 0
    /// When message `pruned` was created: milliseconds since 1970.
    package var prunedTime: Int64 = 0

    package init() {}
}

extension StoreState {
    package var border: Int64 { archive.border }
    package var borderTime: Int64 { archive.borderTime }
    package var lastDigest: [UInt8] { archive.lastDigest }
    package var pruned: Int64 { archive.pruned }
    package var prunedTime: Int64 { archive.prunedTime }
}

/// The writing side of a store: one owner, one thread, one transaction at a time.
///
/// The writer decides what is stored (ids, indexes, order); a store only keeps it. Everything
/// between `begin` and `commit` is on disk when `commit` returns, or nothing of it.
package protocol Store: LetterStore, AuditStore {
    /// Reads what is needed to go on, and fills `lines` with every message there is.
    mutating func load(into lines: Lines) throws(StoreFailure) -> StoreState

    mutating func begin() throws(StoreFailure)
    /// Makes `id` stand for the message `index`. Returns the index it already stands for, if so.
    mutating func claim(_ id: MessageID, for index: Int64) throws(StoreFailure) -> Int64?
    /// Takes back a claim of this transaction.
    mutating func unclaim(_ id: MessageID) throws(StoreFailure)
    /// Appends a message; its index is the highest.
    mutating func insert(_ row: MessageRow) throws(StoreFailure)
    /// Keeps a topic's row: its name, and what has been counted so far.
    mutating func save(_ topic: StoredTopic, number: Int32) throws(StoreFailure)
    /// Keeps a warehouse's row, and its position in the history (a row a second at most).
    mutating func save(_ warehouse: Warehouse, wall: Int64) throws(StoreFailure)
    mutating func commit() throws(StoreFailure)
    /// Undoes everything since `begin`. Safe to call when there is no transaction.
    mutating func rollBack()

    /// Shows the message at `index`, also one of the open transaction. False: there is none.
    mutating func look(at index: Int64, _ visit: (MessageRow) -> Void) throws(StoreFailure) -> Bool
}

/// A store whose oldest messages can move to an archive.
///
/// Two things that do not happen at once: the border moves, in one small transaction, and from then
/// on the messages at or below it are the archive's. Their rows are garbage, which `trim` deletes
/// when it is called; if a crash comes between, after the next start.
package protocol ArchivableStore: Store {
    /// Keeps the frame's row, what the lists have lost with it, and the border at its end: within
    /// the open transaction. `frame.first` is the border's successor.
    mutating func archive(_ frame: ArchivedFrame, trimmed: [TrimmedLine]) throws(StoreFailure)
    /// Notes that what lies at or below `index`, the end of a frame, is gone from the archive:
    /// within the open transaction. `time` is when that message was created.
    mutating func prune(through index: Int64, time: Int64) throws(StoreFailure)

    /// Deletes some garbage in a transaction of its own: rows at or below `border`, their ids,
    /// whole blocks, rows of pruned frames, and history and settled dead letters older than the
    /// border. `border` is one that
    /// every reader knows.
    ///
    /// - Returns: how many rows it saw to, `rows` or a few more at most; 0: there is no garbage.
    mutating func trim(atMost rows: Int, through border: Int64) throws(StoreFailure) -> Int
    /// Rows at or below it are deleted, and their ids forgotten, but for those of `late` ids.
    var forgotten: Int64 { get }
}

/// How much of a list is in the archive.
package struct TrimmedLine: Equatable, Sendable {
    package var wid: UInt32
    /// Messages of this wid at or below the border.
    package var count: Int64
    /// The index of the last of them.
    package var last: Int64

    package init(wid: UInt32, count: Int64, last: Int64) {
        self.wid = wid
        self.count = count
        self.last = last
    }
}

/// The reading side: one a thread, beside the writer. Sees what is committed.
package protocol StoreReader: AnyObject, LetterReader, AuditReader {
    /// Begins to read at one moment; `end` must follow within 50 ms.
    func begin() throws(StoreFailure)
    func end()
    /// Shows the messages at `indexes` (rising), until `visit` returns false.
    ///
    /// One that is not there is a damage, and thrown.
    func rows(
        at indexes: ArraySlice<Int64>, _ visit: (MessageRow) -> Bool
    ) throws(StoreFailure)
    /// The same for a filter: of a message whose topic is not wanted the body is not read, and the
    /// row shown has its index, topic, wid, nth and key only.
    func rows(
        at indexes: ArraySlice<Int64>, bodiesOf isWanted: (_ topic: Int32) -> Bool,
        _ visit: (MessageRow) -> Bool
    ) throws(StoreFailure)
    /// The index of the message in the store that a publisher gave this id. Nil also for one that
    /// is in the archive: see `frames(mayHold:above:limit:)`.
    func index(of id: MessageID) throws(StoreFailure) -> Int64?
    /// The last index above `border` created before `time` (milliseconds since 1970); `border` if
    /// none is: unless that is 0, the archive then knows better.
    func lastIndex(
        before time: Int64, above border: Int64, head: Int64
    ) throws(StoreFailure) -> Int64
    /// When `wid` first had `index` delivered and committed, as far as its history tells. History
    /// older than the border is gone.
    func journey(
        of index: Int64, wid: UInt32, since created: Int64
    ) throws(StoreFailure) -> Journey

    /// The frame that holds message `index`; nil: it is not in the archive, or was pruned.
    func frame(holding index: Int64) throws(StoreFailure) -> ArchivedFrame?
    /// Frames that end at or above `index`, rising, at most `limit`.
    func frames(from index: Int64, limit: Int) throws(StoreFailure) -> [ArchivedFrame]
    /// Frames above `index` with publishers' ids on both sides of `id`, rising, at most `limit`:
    /// where publishers' clocks are right there are few, else perhaps many. An id of the hub's own
    /// leads to its frame by the index inside it.
    func frames(
        mayHold id: MessageID, above index: Int64, limit: Int
    ) throws(StoreFailure) -> [ArchivedFrame]
}

/// When a message reached and was done by a warehouse: milliseconds since 1970, nil = not yet, or
/// not known (any more).
package struct Journey: Equatable, Sendable {
    package var delivered: Int64?
    package var committed: Int64?

    package init(delivered: Int64? = nil, committed: Int64? = nil) {
        self.delivered = delivered
        self.committed = committed
    }
}
