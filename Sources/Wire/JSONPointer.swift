/// A place in a JSON document (RFC 6901): `/rows/0/name`; the empty text is the whole.
package struct JSONPointer: Equatable, Sendable, CustomStringConvertible {
    /// As it was written.
    package let description: String
    private let steps: [String]

    /// Not a pointer: it neither is empty nor begins with a slash, or `~` stands before something
    /// else than 0 or 1.
    package struct Malformed: Error, Equatable {}

    package init(_ text: String) throws(Malformed) {
        guard text.isEmpty || text.hasPrefix("/") else { throw Malformed() }
        description = text
        var steps: [String] = []
        for part in text.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            steps.append(try Self.unescaped(part))
        }
        self.steps = steps
    }

    /// The pointer to the whole document.
    package static let whole = JSONPointer()

    private init() {
        description = ""
        steps = []
    }

    /// The pointer to one member of the whole, whatever its name is.
    package init(member name: String) {
        description = Self.step(name)
        steps = [name]
    }

    /// `/name`, escaped: what makes a pointer to an object one to its member.
    package static func step(_ name: String) -> String {
        var text = "/"
        for letter in name.unicodeScalars {
            switch letter {
            case "~": text += "~0"
            case "/": text += "~1"
            default: text.unicodeScalars.append(letter)
            }
        }
        return text
    }

    /// What stands there; nil if nothing does.
    package func find(in document: JSONValue) -> JSONValue? {
        var value = document
        for step in steps {
            guard let next = Self.child(step, of: value) else { return nil }
            value = next
        }
        return value
    }

    private static func child(_ step: String, of value: JSONValue) -> JSONValue? {
        guard value.elements != nil else { return value[step] }
        // "01" and "-" name no element; RFC 6901, section 4.
        guard let index = Int(step), String(index) == step else { return nil }
        return value[index]
    }

    /// By bytes: a slash with an accent behind it is one character, and still a slash.
    private static func unescaped(_ part: Substring) throws(Malformed) -> String {
        var bytes: [UInt8] = []
        var rest = part.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "~") else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case ASCII.zero: bytes.append(byte)
            case UInt8(ascii: "1"): bytes.append(ASCII.slash)
            default: throw Malformed()
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
