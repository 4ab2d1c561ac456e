@testable import Archive
import Wire

extension FrameHeader {
    /// As it stands in a file.
    var bytes: [UInt8] {
        var buffer = ByteBuffer()
        append(to: &buffer)
        return buffer.withUnsafeBytes { Array($0) }
    }
}
