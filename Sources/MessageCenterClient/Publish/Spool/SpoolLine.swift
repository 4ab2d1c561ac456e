/// One message in a file of the spool: eight digits of checksum, a space, the message as JSON, and
/// a line end. So `cut -c10-` shows the messages.
struct SpoolLine {
    let message: OutgoingMessage
    /// Bytes it takes in the file.
    let length: Int

    /// Checksum, space and line end.
    static let overhead = 10

    static func bytes(of message: OutgoingMessage) -> [UInt8] {
        CRC32.text(of: message.line) + [UInt8(ascii: " ")] + message.line + [UInt8(ascii: "\n")]
    }

    /// Reads a line, without its end. A damaged one is a message with a flaw: it is never sent,
    /// and never passed over in silence.
    ///
    /// - Parameter length: bytes that it takes; nil: its own and those of a line end.
    init(_ line: ArraySlice<UInt8>, length: Int? = nil) {
        self.length = length ?? line.count + 1
        let text = line.dropFirst(Self.overhead - 1)
        let id = Self.id(in: text)
        let head = CRC32.text(of: text) + [UInt8(ascii: " ")]
        if let id, line.prefix(Self.overhead - 1).elementsEqual(head) {
            message = OutgoingMessage(id: id, line: Array(text))
        } else {
            let flaw = Refusal(PublishCode.damaged, "the line's checksum does not hold")
            message = OutgoingMessage(id: id ?? "", line: Array(line), flaw: flaw)
        }
    }

    /// The id stands first: `{"id":"…"`.
    private static func id(in text: ArraySlice<UInt8>) -> String? {
        let id = String(decoding: text.dropFirst(7).prefix(36), as: UTF8.self)
        return OutgoingMessage.isVersion7(id) ? id : nil
    }
}
