import Foundation

/// A message as it goes to the hub: one line of a batch, made once, sent as often as it takes.
package struct OutgoingMessage: Sendable {
    /// Version 7, in lower case.
    package let id: String
    /// The message as JSON, without a line end.
    package let line: [UInt8]
    /// What is wrong with it, so that it must not be sent at all.
    package let flaw: Refusal?

    /// Bytes of a body at most: what the hub takes.
    package static let largestBody = 256 << 10

    /// One that was made before, as a spool holds it.
    package init(id: String, line: [UInt8], flaw: Refusal? = nil) {
        self.id = id
        self.line = line
        self.flaw = flaw
    }

    /// Puts a message together.
    ///
    /// What is checked here is what would damage the messages beside it, and what can be told at
    /// once; the hub checks all of it.
    /// - Parameters:
    ///   - id: of version 7.
    ///   - body: one JSON value.
    ///   - isChecked: whether the body is known to be one, because an encoder made it.
    package init(
        id: String, topic: String, wid: Int, key: String?, occurred: String?, body: [UInt8],
        isChecked: Bool
    ) throws(Refusal) {
        let id = id.lowercased()
        try Self.check(id: id, topic: topic, wid: wid)
        guard body.count <= Self.largestBody else {
            throw Refusal(
                PublishCode.bodyTooLarge,
                "the body has \(body.count) bytes, more than \(Self.largestBody): send ids, and "
                    + "let the warehouse fetch the rest")
        }
        if !isChecked { try Self.check(body: body) }
        var line: [UInt8] = []
        line.reserveCapacity(body.count + topic.utf8.count + (key?.utf8.count ?? 0) + 140)
        line += "{\"id\":\"".utf8
        line += id.utf8
        line += "\",\"topic\":\"".utf8
        line += topic.utf8
        line += "\",\"wid\":".utf8
        line += String(wid).utf8
        if let key {
            line += ",\"key\":".utf8
            Self.append(quoted: key, to: &line)
        }
        if let occurred {
            line += ",\"occurred\":".utf8
            Self.append(quoted: occurred, to: &line)
        }
        line += ",\"body\":".utf8
        // Between tokens, the only place where JSON has line ends, a space is as good; in a batch
        // of lines a line end would cut the message in two.
        line += isChecked ? body : body.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
        line.append(UInt8(ascii: "}"))
        self.init(id: id, line: line)
    }

    private static func check(id: String, topic: String, wid: Int) throws(Refusal) {
        guard isVersion7(id) else {
            throw Refusal(PublishCode.invalid, "'\(id)' is no UUID of version 7")
        }
        guard 1...128 ~= topic.utf8.count, topic.utf8.allSatisfy(isOfTopic) else {
            throw Refusal(
                PublishCode.invalid, "a topic is 1 to 128 of A-Z a-z 0-9 _ . -, not '\(topic)'")
        }
        guard 0...Int(Int32.max) ~= wid else {
            throw Refusal(PublishCode.invalid, "a wid is 0 to 2147483647, not \(wid)")
        }
    }

    /// A body that was no whole JSON value could end the message early and begin another member.
    private static func check(body: [UInt8]) throws(Refusal) {
        let value = try? JSONSerialization.jsonObject(
            with: Data(body), options: .fragmentsAllowed)
        // UTF-16 is taken there too; its NULs are in no JSON of UTF-8.
        guard value != nil, !body.contains(0), body.first != 0xEF else {
            throw Refusal(PublishCode.invalid, "the body is not JSON in UTF-8")
        }
    }

    static func isVersion7(_ id: String) -> Bool {
        let bytes = Array(id.utf8)
        guard bytes.count == 36, bytes[14] == UInt8(ascii: "7") else { return false }
        return bytes.indices.allSatisfy { place in
            switch place {
            case 8, 13, 18, 23: bytes[place] == UInt8(ascii: "-")
            default: isHexadecimal(bytes[place])
            }
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
            || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte
    }

    private static func isOfTopic(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// The text as a JSON string (RFC 8259 §7).
    static func append(quoted text: String, to line: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        line.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): line += [UInt8(ascii: "\\"), byte]
            case 0..<0x20:
                line += "\\u00".utf8
                line += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: line.append(byte)
            }
        }
        line.append(UInt8(ascii: "\""))
    }
}
