@testable import Archive
import Foundation
import Hub

/// A frame whose header is made to lie, with digest and catalogue in accord with the lie.
struct Forged {
    let header: FrameHeader
    let data: ArraySlice<UInt8>

    /// - Parameter bytes: a file of one frame.
    init(_ bytes: [UInt8]) throws {
        let (header, end) = try FrameHeader.read(bytes.span.bytes)
        self.header = header
        data = bytes[end...]
    }

    /// The file, and the catalogue's row, with this for the bytes of the lines.
    func saying(raw: Int, _ row: ArchivedFrame) -> (bytes: [UInt8], row: ArchivedFrame) {
        var header = header
        header.raw = raw
        return file(header, Array(data), row)
    }

    /// The file, and the catalogue's row, with other compressed data.
    func holding(_ data: [UInt8], raw: Int, _ row: ArchivedFrame) -> (
        bytes: [UInt8], row: ArchivedFrame
    ) {
        var header = header
        header.raw = raw
        header.length = data.count
        return file(header, data, row)
    }

    private func file(
        _ header: FrameHeader, _ data: [UInt8], _ row: ArchivedFrame
    ) -> (bytes: [UInt8], row: ArchivedFrame) {
        let bytes = header.bytes + data
        var row = row
        row.rawLength = header.raw
        row.length = bytes.count
        row.digest = bytes.withUnsafeBytes {
            FrameDigest.make(previous: header.previous, frame: $0)
        }
        return (bytes, row)
    }
}

/// A folder where a file is expected.
enum FolderInstead {
    static func make(_ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false)
    }
}
