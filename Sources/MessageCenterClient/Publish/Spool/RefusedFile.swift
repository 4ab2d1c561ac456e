import Foundation

/// Messages that the hub refused, with its reasons: one JSON object a line, for a person to look
/// at. Each stands there once, whatever crashes when: a line holds its message's place in the
/// spool, and what is not behind the last line's place is there already.
final class RefusedFile {
    /// A message that is not to be sent again.
    struct Entry {
        let message: OutgoingMessage
        let why: Refusal
        /// Behind the message, in the spool; places rise and are never used twice.
        let place: Int
    }

    private let file: SpoolFile
    private(set) var size: Int
    /// The place of the last line; 0 where there is none.
    private(set) var told: Int

    /// Opens the file, made if it is not there, and cuts off what a crash left of a line.
    init(_ path: String) throws(Refusal) {
        file = try SpoolFile(path)
        size = try file.lineStart(before: file.size())
        try file.cut(to: size)
        let start = try file.lineStart(before: size - 1)
        let last = Data(try file.read(from: start, count: size - start))
        told = (try? JSONDecoder().decode(Place.self, from: last))?.place ?? 0
    }

    private struct Place: Decodable {
        let place: Int
    }

    private struct Line: Encodable {
        let at: String
        let code: String
        let reason: String
        let status: Int?
        let id: String
        let place: Int
        /// The message as it was to be sent, or what was found in its place.
        let message: String
    }

    /// Appends those that are not there yet, and returns when they are on the disk.
    func append(_ refused: [Entry]) throws(Refusal) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let at = Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        var bytes: [UInt8] = []
        for entry in refused where entry.place > told {
            let line = Line(
                at: at, code: entry.why.code, reason: entry.why.text, status: entry.why.status,
                id: entry.message.id, place: entry.place,
                message: String(decoding: entry.message.line, as: UTF8.self))
            bytes += (try? encoder.encode(line)) ?? Data()
            bytes.append(UInt8(ascii: "\n"))
        }
        // At the same place again where it failed before: nothing stands there twice, nothing torn.
        try file.write(bytes, at: size)
        try file.sync()
        size += bytes.count
        told = max(told, refused.last?.place ?? 0)
    }
}
