package import Hub

extension ArchivedFrame {
    /// Where it stands in its file, header and data.
    package var bytes: Range<Int64> { offset..<offset + Int64(length) }

    func damaged(_ detail: String) -> ArchiveFailure {
        .damaged(file: file, frame: first...last, bytes: bytes, detail: detail)
    }

    /// The file is `length` bytes, too few for this frame.
    func cut(_ length: Int64) -> ArchiveFailure {
        .cut(
            file: file, frame: first...last, bytes: bytes,
            detail: "the file ends after \(length) bytes")
    }
}
