import Archive
import Hub
import HubSQLite

/// The data folder of a hub that does not run, whose messages a test moves to the archive.
package struct StoppedHub {
    private let data: String
    private var writer: Writer<SQLiteStore>
    private let reader: SQLiteReader
    private let state: StoreState
    private let files: ArchiveWriter

    /// The move went wrong.
    package struct Failure: Error {
        package let description: String
    }

    private init(_ folder: TemporaryFolder) throws {
        data = folder.path
        var store = try SQLiteStore(path: data + "/hub.db", freshHub: ("0123456789abcdef", 1))
        let lines = Lines(epochs: ReaderEpochs(readers: 0))
        state = try store.load(into: lines)
        writer = Writer(store: store, state: state, lines: lines)
        reader = try SQLiteReader(path: data + "/hub.db")
        files = ArchiveWriter(folder: data + "/archive", hub: state.hub)
        let last = state.border == 0 ? nil : try reader.frame(holding: state.border)
        _ = try files.cut(to: last)
    }

    /// Moves the messages of the hub in `folder` up to `index`.
    ///
    /// - Parameter frame: messages of a frame at most.
    package static func move(
        _ folder: TemporaryFolder, through index: Int64, frame: Int64 = 1000
    ) throws {
        var hub = try StoppedHub(folder)
        try hub.move(through: index, frame: frame)
    }

    /// Moves the messages, and deletes what they leave behind.
    private mutating func move(through index: Int64, frame: Int64) throws {
        var builder = FrameBuilder(hub: state.hub)
        var next = writer.border + 1
        while next <= index {
            try append(next, to: &builder)
            next = (builder.last ?? writer.border) + 1
            let isFull = builder.count >= frame || next > index
            if isFull || isFilled { try archive(&builder) }
            isFilled = false
        }
        while writer.trim().rows > 0 {}
    }

    /// The builder has refused a message: it begins the next frame.
    private var isFilled = false

    private mutating func append(_ index: Int64, to builder: inout FrameBuilder) throws {
        var failure: String?
        var isFull = false
        try reader.rows(at: [index]) { row in
            let topic = state.topics[Int(row.topic)].name
            let isPublishers = state.ids.index(in: row.id) != row.index
            switch builder.append(row, topic: topic.utf8.span.bytes, isPublishers: isPublishers) {
            case .done: break
            case .full: isFull = true
            case .contradicts(let text): failure = text
            }
            return false
        }
        if let failure { throw Failure(description: failure) }
        isFilled = isFull
    }

    private mutating func archive(_ builder: inout FrameBuilder) throws {
        let row = try files.append(builder.finish(previous: writer.archive.lastDigest))
        try files.settle()
        if let failure = writer.archive(row) { throw Failure(description: "\(failure)") }
    }
}
