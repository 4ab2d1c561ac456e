/// Minds how long a client says that its hello is, before OpenSSL believes it: for four bytes in
/// the clear that would make 128 KiB of room, on any connection.
///
/// A hello may be cut into records anywhere, also within its length; and where the server asks for
/// it, another one follows (RFC 8446, section 4.1.4).
struct HelloLength {
    /// Hellos have some hundred bytes; with keys that quantum computers do not break, two thousand.
    static let most = 16 * 1024

    /// The type of the message that comes, and its length, as far as they have come.
    private var head: UInt32 = 0
    private var headBytes = 0
    /// What is still to come of the message behind them.
    private var rest = 0

    /// Takes the next record that is not sealed. False: it begins a hello that is too long.
    mutating func accepts(_ record: RawSpan) -> Bool {
        guard TLSRecords.isHandshake(record) else { return true }
        var offset = TLSRecords.headerBytes
        while offset < record.byteCount {
            if rest > 0 {
                let part = min(rest, record.byteCount - offset)
                (rest, offset) = (rest - part, offset + part)
                continue
            }
            head = head << 8 | UInt32(TLSRecords.byte(offset, of: record))
            headBytes += 1
            offset += 1
            guard headBytes == 4 else { continue }
            rest = Int(head & 0xFF_FFFF)
            if head >> 24 == Self.clientHello, rest > Self.most { return false }
            (head, headBytes) = (0, 0)
        }
        return true
    }

    private static let clientHello: UInt32 = 1
}
