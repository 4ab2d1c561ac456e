import Archive
import Foundation
import Hub
import TestSupport

/// A message that fits into no frame.
struct NotTaken: Error {
    let index: Int64
}

/// An archive in a folder of its own, with the catalogue that belongs to it.
final class Shelf {
    static let hub = "f00d5eed"

    /// What keeps the folder in being, if it is this shelf's own.
    private let owned: TemporaryFolder?
    let folder: String
    let hub: String
    private(set) var writer: ArchiveWriter
    private(set) var frames: [ArchivedFrame] = []

    init(
        hub: String = Shelf.hub, folder: TemporaryFolder? = nil,
        fault: @escaping (ArchiveStep) -> ArchiveFailure? = { _ in nil }
    ) throws {
        let owned = try folder ?? TemporaryFolder()
        self.owned = owned
        self.folder = owned.path
        self.hub = hub
        writer = ArchiveWriter(folder: owned.path, hub: hub, fault: fault)
        _ = try writer.cut(to: nil)
    }

    /// - Parameter cuts: puts the folder in order at once, for an empty catalogue.
    init(path: String, cuts: Bool = true) throws {
        owned = nil
        folder = path
        hub = Self.hub
        writer = ArchiveWriter(folder: path, hub: hub)
        if cuts { _ = try writer.cut(to: nil) }
    }

    /// Takes frames into the catalogue that are in the folder already.
    func know(_ frames: [ArchivedFrame]) { self.frames += frames }

    var digest: [UInt8] { frames.last?.digest ?? ArchivedFrame.noDigest }

    /// Builds the frames that these messages take, a frame ending behind each of `borders` too.
    func build(_ messages: [StoredMessage], borders: Set<Int64> = []) throws -> [BuiltFrame] {
        var built: [BuiltFrame] = []
        var builder = FrameBuilder(hub: hub)
        func finish() {
            built.append(builder.finish(previous: built.last?.digest ?? digest))
        }
        for message in messages {
            if message.append(to: &builder) == .full {
                finish()
                guard message.append(to: &builder) == .done else {
                    throw NotTaken(index: message.index)
                }
            }
            if borders.contains(message.index) { finish() }
        }
        if !builder.isEmpty { finish() }
        return built
    }

    /// Moves the messages to the archive, and commits their frames to the catalogue.
    @discardableResult
    func add(_ messages: [StoredMessage], borders: Set<Int64> = []) throws -> [ArchivedFrame] {
        var rows: [ArchivedFrame] = []
        for built in try build(messages, borders: borders) { rows.append(try writer.append(built)) }
        try writer.settle()
        frames += rows
        return rows
    }

    /// Another writer over the same files, as after a crash; nothing is cut yet.
    func restart(_ fault: @escaping (ArchiveStep) -> ArchiveFailure? = { _ in nil }) {
        writer = ArchiveWriter(folder: folder, hub: hub, fault: fault)
    }

    func reader(memory: Int = ArchiveBounds.unpacked) -> ArchiveReader {
        ArchiveReader(folder: folder, memory: memory)
    }

    /// Everything in the archive, verified frame by frame, as read.
    func readAll() throws -> [StoredMessage] {
        let reader = reader()
        var all: [StoredMessage] = []
        var previous = ArchivedFrame.noDigest
        for frame in frames {
            try reader.verify(frame, previous: previous)
            previous = frame.digest
            all += try reader.unpack(frame).copies()
        }
        return all
    }

    // MARK: Files

    func path(_ file: String) -> String { "\(folder)/\(file)" }

    var files: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }
    }

    func bytes(_ file: String) throws -> [UInt8] { try RawFile.bytes(path(file)) }

    func overwrite(_ file: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(filePath: path(file)))
    }

    func remove(_ file: String) throws {
        try FileManager.default.removeItem(atPath: path(file))
    }
}
