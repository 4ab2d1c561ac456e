/// Every bound of the hub: what it is for, and the answer when it is reached.
///
/// A bound that an operator may want to move is a setting (`Configuration`) whose default stands
/// here; the others are the contract's own numbers.
package enum Limits {
    // A message.

    /// Bytes of a topic. Beyond: 422. A name, not a text.
    package static let topicBytes = 128
    /// Characters of a key. Beyond: 422.
    package static let keyCharacters = 256
    /// Bytes of a body as sent. Beyond: 413 `body_too_large`. A digest of a change is some hundred
    /// bytes; a row of a wide table some thousand.
    package static let bodyBytes = 256 * 1024
    /// The largest wid. Beyond: 422.
    package static let wid: Int64 = 2_147_483_647
    /// Depth of a JSON document. Beyond: 400. No row of a table is deeper.
    package static let jsonDepth = 128
    /// The largest integer in the contract: every JSON library holds it exactly.
    package static let integer: Int64 = (1 << 53) - 1

    /// Characters of a text that is searched for. Beyond: 422.
    package static let searchCharacters = 256
    /// Bytes of an archive file's name. Beyond: 422.
    package static let fileNameBytes = 128

    // A batch.

    /// Messages of one batch. Beyond: 413. More would hold up the single publishes too long.
    package static let batchMessages = 10_000
    /// Bytes of one batch as sent. Beyond: 413.
    package static let batchBytes = 16 * 1024 * 1024
    /// Field errors told in one answer; the rest are counted.
    package static let errorsTold = 100
    /// Characters of an unknown member's name that are told.
    package static let nameCharacters = 128
    /// Messages above which a request gets a transaction of its own, after the waiting singles,
    /// so that these wait for a sync, not for thousands of inserts.
    package static let largeBatch = 256
    package static let largeBatchBytes = 1024 * 1024

    /// Bytes of batches that a loop reads in one tick, seen to before each: a larger one is the
    /// last of its tick. So pulls wait for one, not for those of all who send some.
    package static let batchBytesPerTick = 256 * 1024

    // A pull.

    package static let pullDefault = 100
    package static let pullMessages = 1_000
    package static let pullBytesDefault = 1024 * 1024
    package static let pullBytes = 16 * 1024 * 1024
    package static let waitSeconds: Int64 = 60
    package static let leaseSecondsDefault: Int64 = 60
    package static let leaseSeconds: ClosedRange<Int64> = 10...3600
    package static let patterns = 100
    /// Messages a filtered pull looks at. Then it answers what it has, `more` true.
    package static let filterLooks = 10_000
    /// Bytes of messages that a coalescing pull looks at, however few it then shows. Then it
    /// answers what it has, `more` true.
    package static let coalesceLooks = pullBytes
    /// Bytes of a session's name. Beyond: 422.
    package static let sessionBytes = 64
    /// Bytes of what a client tells of itself. Beyond: 422.
    package static let clientTextBytes = 128
    /// Bytes of a pull's or an operator's request. Beyond: 413.
    package static let requestBytes = 64 * 1024

    // Dead letters.

    /// Bytes of a dead letter's error. Beyond: 422. A message and the trace of a stack.
    package static let letterErrorBytes = 16 * 1024
    /// Reports of one request; beyond: 422. And its bytes; beyond: 413. So many are a few
    /// milliseconds of a loop, and of the writer.
    package static let reports = 100
    package static let reportsBytes = 1024 * 1024
    /// Tries that a letter may have had. Beyond: 422.
    package static let letterTries: Int64 = 1_000_000_000
    /// Open dead letters of one warehouse, and bytes of their bodies and errors: twice of what the
    /// client library parks before it stops. Beyond: 507 `dead_letter_limit`.
    package static let openLetters = 20_000
    package static let openLetterBytes = 128 * 1024 * 1024
    /// Letters that have come to their end, kept for each warehouse; the oldest go first.
    package static let settledLetters = 1_000
    /// Commands that an answer to a pull has; the others follow when these are done.
    package static let commandsTold = 100
    /// Letters that one order by filter is for, and rows of them read at a time.
    package static let lettersOrdered = 1_000
    package static let lettersRead = 200

    // The hub.

    /// Bytes of room below which no message is taken: 507 `disk_nearly_full`. What the hub needs
    /// to go on without messages fits in there many times: its write-ahead log, commits, a frame on
    /// its way to the archive. And at a thousand messages a second it leaves half an hour in which
    /// nothing has failed yet.
    package static let leastFree: UInt64 = 512_000_000
    /// Warehouses that register by themselves. Beyond: 507 `warehouse_limit`.
    package static let warehouses = 100_000
    /// Distinct topics. Beyond: 507 `topic_limit`. A topic is a kind of event, not data.
    package static let topics = 65_536
    /// Distinct wids with messages of their own. Beyond: 507 `line_limit`. Each costs 350 bytes.
    package static let lines = 1_000_000
    /// Batches of one loop's ticks under way to the writer; then what comes gathers in the next one
    /// until one is back.
    package static let batchesUnderWay = 4
    /// Requests of one loop whose old ids the archive is asked for. Beyond: 503 with
    /// `Retry-After: 1`.
    package static let lookupsUnderWay = 16
    /// Milliseconds that the archive is searched for an id, in slices between other work. Beyond:
    /// 503 with `Retry-After: 1`; the next try goes on where this one ended.
    package static let lookupMilliseconds = 10_000
    /// Bytes of messages that one loop may have under way to the writer. Beyond, its publishes get
    /// 503 with `Retry-After: 1`.
    package static let bytesUnderWay = 64 * 1024 * 1024
    /// Items in a mailbox between threads. The bounds above keep it far below.
    package static let mailbox = 1 << 20
    /// Slow requests (journeys, lists) waiting for the admin reader. Beyond: 503.
    package static let slowRequests = 256
    /// Former holders kept a warehouse, to tell `session_fenced` from `session_held`.
    package static let formerHolders = 8
    /// Woken pulls in line for their page; the other woken ones are looked at when these are done.
    package static let wakesPerTick = 256
    /// Rows that the pulls of one tick may read, a page counting for `rowsPerPage` more; then the
    /// loop sees to its other work first. A tick so stays below half a millisecond, and a publish
    /// does not wait behind sixteen pages.
    package static let rowsPerTick = 256
    package static let rowsPerPage = 4
    /// Bytes that the pages of one tick may have, seen to before each: a page of 16 MiB is the last
    /// of its tick.
    package static let pageBytesPerTick = 256 * 1024

    // A connection.

    /// Connections of one hub. Beyond: a new one is answered 503 and closed.
    package static let connections = 50_000
    /// Connections of one address at once. Beyond: a new one is answered 429 and closed.
    package static let connectionsOfAddress = 1_000
    /// Seconds after which it is told to try again.
    package static let turnedAwaySeconds = 10
    /// Connections that a loop accepts in one tick, so that a flood of them is not all it sees to.
    package static let acceptsPerTick = 64
    /// Requests a second of one token, and of one address. Beyond: 429 `rate_limited`. A service
    /// that publishes one by one as fast as it can over a network comes to some thousand.
    package static let requestsOfToken = 10_000
    package static let requestsOfAddress = 20_000
    /// Seconds whose requests may come at once: after a pause, or a network that stood still.
    package static let burstSeconds = 5
    /// Addresses without a connection whose requests are still remembered. Beyond: those go first
    /// who have taken the least of what they may. Whoever comes from so many others within the few
    /// seconds, or the minute, for which one is remembered, has as many budgets anyway.
    package static let addresses = 65_536
    /// Bytes of a request's head. Beyond: 431.
    package static let headBytes = 16 * 1024
    /// Bytes of a request's target. Beyond: 414.
    package static let targetBytes = 8 * 1024
    /// Fields of a request's head. Beyond: 431. Browsers behind proxies send thirty.
    package static let headFields = 100
    /// Bytes of all chunk extensions of a body. Beyond: 431. They mean nothing to the hub.
    package static let chunkExtensionBytes = 4 * 1024
    /// Bytes of the trailer fields of a body. Beyond: 431. They mean nothing to the hub.
    package static let trailerBytes = 8 * 1024
    /// Bytes of a request that a connection may hold whatever the others do: a head, or a small
    /// publish that came in pieces.
    package static let smallRequestBytes = 16 * 1024
    /// Bytes that unfinished and waiting requests may take beyond that, on all connections: each
    /// loop has its share, so none waits for another's lock. A connection has one request in hand,
    /// but there are 50,000 of them. Where the share is used up, a request that needs more gets 503
    /// `overloaded` with `Retry-After: 1` and its connection is closed; what others send ahead of
    /// their turn stays in the kernel.
    package static let requestBytesHeld = 256 * 1024 * 1024
    /// Bytes of answers that clients have not taken yet, and of pages held back for the writer, on
    /// all connections: each loop has its share. Where that is used up, further pages wait up to
    /// `pageWaitSeconds` for it to fall, then get 503 `overloaded`; lists get it at once; and of
    /// pipelined requests one is answered at a time. With one answer more for each connection.
    package static let answerBytesHeld = 256 * 1024 * 1024
    /// The least share of a loop in either: the largest request in pieces, in a buffer that has
    /// just doubled, and as much again for the others.
    package static let leastShare = 3 * batchBytes
    /// Seconds that a pull waits while its loop holds too many answers that nobody takes.
    package static let pageWaitSeconds = 2
    /// Bytes taken from one connection in one tick, for fairness.
    package static let bytesPerTick = 256 * 1024
    /// Bytes that a loop's connections held at their most, from which on memory is given back to
    /// the system when three quarters of it are free again.
    package static let floodBytes = 8 * 1024 * 1024
    /// Days before its certificate expires from which the hub warns.
    package static let certificateDays: Int64 = 14
    /// Bytes of TLS records taken from one connection in one tick, unless they are of a body.
    package static let recordBytesPerTick = 64 * 1024
    /// Requests of its address's limit that a TLS handshake counts for.
    package static let requestsOfHandshake = 20
    /// Bytes that OpenSSL holds for a TLS handshake under way, at most, about: they count as bytes
    /// of an unfinished request do. Where handshakes have half of a loop's share, a new one is not
    /// begun and its connection closed.
    package static let handshakeBytes = 64 * 1024
    /// TLS handshakes gone on with in one tick, of some tenths of a millisecond each; the others
    /// come with the next, behind whoever has work by then.
    package static let handshakesPerTick = 4
    /// Requests of one connection that are answered before others have their turn: pipelined ones
    /// for which nobody is asked, such as refusals, and the dashboard's files.
    package static let requestsPerTurn = 16
    /// Bytes of answers gathered, or not yet taken by the client, before a connection's next
    /// pipelined request is looked at. With one answer more, the most it can have waiting.
    package static let outputBytes = 256 * 1024
    /// Seconds for a head to arrive whole, from its first byte. Then 408.
    package static let headSeconds = 10
    /// Seconds without a byte of a body. Then 408.
    package static let bodySeconds = 20
    /// Seconds for a whole body, whatever its pace. Then 408.
    package static let bodyTotalSeconds = 120
    /// Seconds without a byte taken by a client that is being answered. Then it is cut off.
    package static let writeSeconds = 20
    /// Seconds in which a client has to take its answer, whatever its pace: the largest at a
    /// megabit a second. Then it is cut off.
    package static let writeTotalSeconds = 120
    /// Connections that follow the hub's events. Beyond: 503 `too_many_subscribers`. A page falls
    /// back to asking now and then.
    package static let followers = 64
    /// Bytes of events that may wait for one of them, besides the first that tells of everything: a
    /// few seconds of a large and busy fleet. Beyond, it is cut off, and begins anew.
    package static let followerBytes = 4 * 1024 * 1024
    /// Seconds after which a stream of events ends, so that whoever follows shows its token again.
    package static let streamSeconds = 3600
    /// Seconds that a kept connection may be idle.
    package static let idleSeconds = 75
    /// Seconds that a client is read from after the last answer before it is cut off, so that it
    /// can read that answer though it still sends (RFC 9112, section 9.6).
    package static let lingerSeconds = 2
    /// Entries of the audit that are kept; the oldest go first.
    package static let auditEntries: Int64 = 1_000_000
    /// Deeds of the command line that go to the audit in one transaction.
    package static let deedsCarried = 100
    /// Notes for the audit that a loop keeps while the store fails.
    package static let deedsKept = 1_000
    /// Tokens that may be defined. Beyond: none is made until some are revoked.
    package static let tokens = 10_000
    /// Seconds that an operator stays signed in on the dashboard.
    package static let operatorSessionSeconds = 12 * 3600
    /// Operators signed in at once; the session that ends first makes room for one more.
    package static let operatorSessions = 1_000
    /// Failed tries to sign in of one address within a minute. Beyond: 429 `too_many_tries`; the
    /// right token still comes in.
    package static let failedSignIns = 10
    /// Failed tries to sign in of all addresses within a minute that the audit tells, so that
    /// nobody can fill it; the others are only answered.
    package static let failedSignInsNoted = 60
    /// Requests of one address with a wrong token within a minute. Beyond: 429 `too_many_tries`,
    /// before a token is looked at.
    package static let failedTokens = 100
    /// Bytes of a token. Beyond: 422.
    package static let tokenBytes = 256
    /// Failed requests that a loop tells in the log in one second; the others are only counted.
    package static let failuresToldPerSecond = 20
    /// Answers smaller than this are not compressed.
    package static let gzipBytes = 2 * 1024
    /// Nor are larger ones than this: compressing takes a loop some ten milliseconds a MiB, and
    /// nobody else is served meanwhile.
    package static let gzipMostBytes = 256 * 1024
    /// Milliseconds after the signal to stop in which new requests are still answered, with 503
    /// and `Connection: close`: a request that was on its way then gets an answer, not a reset.
    package static let farewellMilliseconds = 250
    /// Seconds after the signal to stop at which the loops end, whatever still runs. What the
    /// writer then has in hand takes less than the rest of the five that a stop may take.
    package static let stopSeconds = 4
}
