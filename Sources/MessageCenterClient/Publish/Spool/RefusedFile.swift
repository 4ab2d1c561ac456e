import Foundation

/// Messages that the hub refused, with its reasons: one JSON object a line, for a person to look
/// at. A crash at the wrong moment can leave one there twice, never none.
final class RefusedFile {
    private let file: SpoolFile
    private(set) var size: Int

    init(_ path: String) throws(Refusal) {
        file = try SpoolFile(path)
        size = try file.size()
    }

    private struct Line: Encodable {
        let at: String
        let code: String
        let reason: String
        let status: Int?
        let id: String
        /// The message as it was to be sent, or what was found in its place.
        let message: String
    }

    /// Appends them and returns when they are on the disk.
    func append(_ refused: [(OutgoingMessage, Refusal)]) throws(Refusal) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let at = Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        var bytes: [UInt8] = []
        for (message, why) in refused {
            let line = Line(
                at: at, code: why.code, reason: why.text, status: why.status, id: message.id,
                message: String(decoding: message.line, as: UTF8.self))
            bytes += (try? encoder.encode(line)) ?? Data()
            bytes.append(UInt8(ascii: "\n"))
        }
        // At the same place again where it failed before: nothing stands there twice, nothing torn.
        try file.write(bytes, at: size)
        try file.sync()
        size += bytes.count
    }
}
