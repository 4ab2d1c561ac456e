/// What may be otherwise than the rules have it, and why: the one place to look, and to argue.
enum Allowed {
    /// Modules on the way of a message: no Foundation in them, for its costs and its size.
    static let withoutFoundation = [
        "Platform", "Wire", "Hub", "SQLite", "HubSQLite", "Archive", "Backup", "HubServer",
        "DataAPI",
    ]

    /// Files that own raw memory or hand pointers to C. Each says in its first lines why, beginning
    /// with `// Unsafe`.
    static let unsafe: Set = [
        "Sources/Archive/ArchiveFile.swift",
        "Sources/Archive/FrameDigest.swift",
        "Sources/Archive/UnpackedFrame.swift",
        "Sources/Archive/Zstd.swift",
        "Sources/Backup/Slices.swift",
        "Sources/Hub/Arena.swift",
        "Sources/Hub/Lines.swift",
        "Sources/Hub/MemoryDisk.swift",
        "Sources/Hub/PostingList.swift",
        "Sources/Hub/RetireList.swift",
        "Sources/Hub/Store.swift",
        "Sources/HubSQLite/FrameColumns.swift",
        "Sources/HubSQLite/MessageColumns.swift",
        "Sources/HubSQLite/WidBlock.swift",
        "Sources/HubServer/Documents.swift",
        "Sources/HubServer/Gzip.swift",
        "Sources/MessageCenterClient/Publish/Spool/SpoolFile.swift",
        "Sources/MessageCenterClient/Transport/TransportAddress.swift",
        "Sources/MessageCenterClient/Transport/TransportHandle.swift",
        "Sources/Platform/ByteSearch.swift",
        "Sources/Platform/Descriptor+TCP.swift",
        "Sources/Platform/Endpoint.swift",
        "Sources/Platform/FileLock.swift",
        "Sources/Platform/Folder+Names.swift",
        "Sources/Platform/Listener.swift",
        "Sources/Platform/Lock.swift",
        "Sources/Platform/OSThread.swift",
        "Sources/Platform/Poller.swift",
        "Sources/Platform/ProcessMemory.swift",
        "Sources/Platform/Random.swift",
        "Sources/Platform/ServiceNotifier.swift",
        "Sources/Platform/Socket.swift",
        "Sources/Platform/StandardError.swift",
        "Sources/Platform/WakeUp.swift",
        "Sources/SQLite/Connection+Asking.swift",
        "Sources/SQLite/Statement.swift",
        "Sources/TLS/Certificate.swift",
        "Sources/TLS/RecordPipe.swift",
        "Sources/TLS/TLSSession.swift",
        "Sources/Wire/ByteBuffer.swift",
        "Sources/Wire/RawSpan+Bytes.swift",
        "Sources/message-center/Bench/AnswerReader.swift",
        "Sources/message-center/Bench/LoadConnection.swift",
        "Sources/message-center/Bench/LoadLoop.swift",
        "Sources/message-center/Terminal/ByteStream.swift",
    ]

    /// Files that use a pointer only within the call that lends it, and what for.
    static let borrowing: [String: String] = [
        "Sources/Archive/ArchiveReader.swift": "reads a frame from the buffer it was read to",
        "Sources/Archive/UnpackedFrame+Candidates.swift": "searches the lines where they are",
        "Sources/DataAPI/DataClient.swift": "receives into its own buffer, and sends from it",
        "Sources/DataAPI/DataReader.swift": "writes a line from its own buffer",
        "Sources/Hub/SessionName.swift": "looks at the bytes of its own words",
        "Sources/Hub/Topic.swift": "reads a name where the request has it",
        "Sources/Hub/TopicTable.swift": "reads a name where the request has it",
        "Sources/HubServer/AdminReader.swift": "copies an answer out of its buffer",
        "Sources/HubServer/ArchiveDesk.swift": "compares an old message where its frame has it",
        "Sources/HubServer/AdminReader+Search.swift": "copies a topic's name into a batch",
        "Sources/HubServer/Digest.swift": "digests a token where the request has it",
        "Sources/HubServer/EventLoop+Archive.swift": "copies a page into its answer",
        "Sources/HubServer/EventLoop+Limits.swift": "sends an answer from its own buffer",
        "Sources/HubServer/EventLoop+Publish.swift": "checks a topic where the request has it",
        "Sources/HubServer/EventLoop+Requests.swift": "reads a request where the connection has it",
        "Sources/HubServer/EventLoop+Send.swift": "sends an answer from its own buffer",
        "Sources/HubServer/EventLoop+TLS.swift": "receives records into the connection's buffer",
        "Sources/HubServer/FleetNews.swift": "copies events out of their buffer",
        "Sources/HubServer/SharedTopics.swift": "reads a name where a frame has it",
        "Sources/HubServer/JSONValue+Time.swift": "reads a time from the buffer it was written to",
        "Sources/HubServer/Log.swift": "writes a line from its own buffer",
        "Sources/HubServer/MessageReader.swift": "copies a message from the request into the batch",
        "Sources/HubServer/Problem+Known.swift": "reads a time from the buffer it was written to",
        "Sources/HubServer/ReplayID.swift": "digests words it has just put together",
        "Sources/Wire/BearerToken.swift": "looks for the end of the blanks",
        "Sources/MessageCenterClient/Consume/DiskFile.swift": "reads and writes its own buffers",
        "Sources/Wire/ByteBuffer+Numbers.swift": "fills the buffer's own tail",
        "Sources/Wire/ByteBuffer+Response.swift": "fills the buffer's own tail",
        "Sources/Wire/ByteBuffer+Time.swift": "fills the buffer's own tail",
        "Sources/Wire/ChunkedDecoder.swift": "moves bytes within the buffer it is lent",
        "Sources/Wire/JSONWriter.swift": "fills the buffer's own tail",
    ]

    /// Lines of a file at most; a longer one is two nouns.
    static let longestFile = 500

    /// Files that may be longer, and how long.
    static let longFiles: [String: Int] = [:]

    /// Columns of a line of a page's text at most.
    static let longestPageLine = 110

    /// Columns of a line at most.
    static let longestLine = 100

    /// Files some of whose lines cannot be broken.
    static let longLines: Set = [
        "Tests/BrowserTests/EveryPageTests.swift", "Tests/BrowserTests/FigureTests.swift",
        "Tests/BrowserTests/LanguageTests.swift", "Tests/BrowserTests/ManyTests.swift",
        "Tests/BrowserTests/WarehouseActionTests.swift",
    ]

    /// What machines write into the tree, and what is garbage on purpose.
    static let generated = ["Tests/Fuzz/bin", "Tests/Fuzz/findings", "Tests/Fuzz/corpus"]
}
