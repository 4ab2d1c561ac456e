import Wire

/// One message as a line of a file has it, checked as far as one can without the hub, and with
/// an id: the same bytes may then be sent again when an answer was lost.
struct MessageLine {
    /// What stands in the batch.
    let bytes: [UInt8]

    /// What is wrong with the line.
    struct Mistake: Error, Equatable {
        let text: String
    }

    /// Checks the line, and puts `id()` in where it has none; the rest stays byte for byte.
    init(_ line: [UInt8], id: () -> String) throws(Mistake) {
        let message: JSONValue
        do throws(JSONError) {
            message = try JSONValue.parse(line)
        } catch {
            throw Mistake(text: "no JSON \(error.complaint)")
        }
        guard let members = message.members else {
            throw Mistake(text: "not an object with topic, wid and body")
        }
        try Self.check(members)
        if members.contains(where: { $0.name.lowercased() == "id" }) {
            bytes = line
        } else {
            let brace = line.firstIndex(of: UInt8(ascii: "{"))! + 1
            bytes = line[..<brace] + Array("\"id\":\"\(id())\",".utf8) + line[brace...]
        }
    }

    /// The hub checks all of it again; this finds what would stop a batch half way through a
    /// file, and can say where in the file it is.
    private static func check(_ members: [JSONValue.Member]) throws(Mistake) {
        func value(_ name: String) -> JSONValue? {
            members.first { $0.name.lowercased() == name }?.value
        }
        guard let topic = value("topic") else { throw Mistake(text: "\"topic\" is missing") }
        guard let name = topic.text, isTopic(name) else {
            throw Mistake(
                text: "\"topic\" is 1 to 128 of A-Z a-z 0-9 _ . -, not \(topic.serialized())")
        }
        guard let wid = value("wid") else { throw Mistake(text: "\"wid\" is missing") }
        guard let number = wid.integer, 0...warehouseNumbers.upperBound ~= number else {
            throw Mistake(
                text: "\"wid\" is a whole number from 0 to 2147483647, not \(wid.serialized())")
        }
        guard value("body") != nil else { throw Mistake(text: "\"body\" is missing") }
    }

    private static func isTopic(_ name: String) -> Bool {
        1...128 ~= name.utf8.count
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
                    UInt8(ascii: "."), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
