import Archive
package import Hub
import HubSQLite

/// Moves the oldest messages of a stopped hub's data to its archive, as the hub does by itself.
package enum ArchiveMove {
    package struct Failure: Error {
        package let text: String
    }

    /// - Parameters:
    ///   - data: the folder.
    ///   - index: the border afterwards.
    ///   - perFrame: messages of a frame at most.
    ///   - trims: whether the rows below the border are deleted, or left as after a crash.
    @discardableResult
    package static func run(
        _ data: String, through index: Int64, perFrame: Int = .max, trims: Bool = true
    ) throws -> [ArchivedFrame] {
        var store = try SQLiteStore(path: data + "/hub.db", freshHub: ("", 0))
        let lines = Lines(epochs: ReaderEpochs(readers: 0))
        let state = try store.load(into: lines)
        guard index > state.border else { return [] }
        let reader = try SQLiteReader(path: data + "/hub.db")
        var writer = Writer(store: store, state: state, lines: lines)
        let files = ArchiveWriter(folder: data + "/archive", hub: state.hub)
        _ = try files.cut(to: try reader.frame(holding: state.border))
        var builder = FrameBuilder(hub: state.hub)
        var frames: [ArchivedFrame] = []
        var digest = state.lastDigest
        func finish() throws {
            let built = builder.finish(previous: digest)
            let frame = try files.append(built)
            try files.settle()
            digest = frame.digest
            frames.append(frame)
            if let failure = writer.archive(frame) { throw failure }
        }
        var count = 0
        for next in state.border + 1...index {
            var outcome: Result<Bool, Failure> = .success(true)
            func add() throws -> Bool {
                try reader.rows(at: [next]) { row in
                    let isPublishers = state.ids.index(in: row.id) != row.index
                    let name = Array(state.topics[Int(row.topic)].name.utf8)
                    switch builder.append(row, topic: name.span.bytes, isPublishers: isPublishers)
                    {
                    case .done: outcome = .success(true)
                    case .full: outcome = .success(false)
                    case .contradicts(let text): outcome = .failure(Failure(text: text))
                    }
                    return false
                }
                return try outcome.get()
            }
            if count == perFrame {
                try finish()
                count = 0
            }
            if try !add() {
                try finish()
                count = 0
                guard try add() else { throw Failure(text: "no room in an empty frame") }
            }
            count += 1
        }
        try finish()
        while trims {
            let (rows, failure) = writer.trim()
            if let failure { throw failure }
            if rows == 0 { break }
        }
        return frames
    }
}
