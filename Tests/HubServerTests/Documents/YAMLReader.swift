import Wire

/// Reads the part of YAML that the project's own documents are written in, as JSON values.
///
/// Block mappings and sequences, flow ones within a line, quoted and plain scalars within a line,
/// and block scalars (`>-`, `|`). Anything else is a `Failure`, never a guess.
struct YAMLReader {
    /// What could not be read, and where.
    struct Failure: Error, CustomStringConvertible {
        let line: Int
        let reason: String

        var description: String { "line \(line): \(reason)" }
    }

    private var lines: [String]
    private var position = 0

    static func read(_ text: String) throws -> JSONValue {
        var reader = YAMLReader(
            lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
        let value = try reader.block(indent: 0)
        reader.skipBlank()
        guard reader.position == reader.lines.count else { throw reader.failure("not read") }
        return value
    }

    private init(lines: [String]) {
        self.lines = lines
    }

    private func failure(_ reason: String) -> Failure {
        Failure(line: position + 1, reason: reason)
    }

    // MARK: Lines

    private mutating func skipBlank() {
        while position < lines.count, content(position).isEmpty { position += 1 }
    }

    private func indent(_ line: Int) -> Int { lines[line].prefix { $0 == " " }.count }

    private func content(_ line: Int) -> Substring {
        let content = lines[line].drop { $0 == " " }
        return content.hasPrefix("#") ? "" : content
    }

    /// Whether there is another line of a block at `indent`, which is now in hand.
    private mutating func isAt(_ indent: Int) throws -> Bool {
        skipBlank()
        guard position < lines.count else { return false }
        let found = self.indent(position)
        guard found <= indent else { throw failure("indented too far") }
        return found == indent
    }

    // MARK: Blocks

    private mutating func block(indent: Int) throws -> JSONValue {
        skipBlank()
        return content(position).hasPrefix("- ")
            ? .array(try sequence(indent)) : .object(try mapping(indent))
    }

    private mutating func sequence(_ indent: Int) throws -> [JSONValue] {
        var elements: [JSONValue] = []
        while try isAt(indent), content(position).hasPrefix("- ") {
            let rest = content(position).dropFirst(2)
            if !rest.hasPrefix("{"), !rest.hasPrefix("["), Self.splitKey(rest) != nil {
                // A mapping whose first member stands behind the dash.
                lines[position] = String(repeating: " ", count: indent + 2) + rest
                elements.append(.object(try mapping(indent + 2)))
            } else {
                elements.append(try scalar(rest))
                position += 1
            }
        }
        return elements
    }

    private mutating func mapping(_ indent: Int) throws -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        while try isAt(indent) {
            guard let (key, rest) = Self.splitKey(content(position)) else {
                throw failure("no key")
            }
            guard !members.contains(where: { $0.name == key }) else {
                throw failure("\(key) is given twice")
            }
            members.append(.init(key, try value(rest, indent)))
        }
        return members
    }

    private mutating func value(_ rest: Substring, _ indent: Int) throws -> JSONValue {
        switch rest {
        case "":
            position += 1
            skipBlank()
            let next = position < lines.count ? self.indent(position) : 0
            return next > indent ? try block(indent: next) : .null
        case ">-", "|":
            position += 1
            return .text(blockScalar(indent, folded: rest == ">-"))
        default:
            defer { position += 1 }
            return try scalar(rest)
        }
    }

    private mutating func blockScalar(_ indent: Int, folded: Bool) -> String {
        var texts: [Substring] = []
        let inner = position < lines.count ? self.indent(position) : 0
        while position < lines.count,
            lines[position].isEmpty || self.indent(position) > indent
        {
            texts.append(lines[position].dropFirst(inner))
            position += 1
        }
        while texts.last?.isEmpty == true { texts.removeLast() }
        return folded
            ? texts.joined(separator: " ") : texts.map { $0 + "\n" }.joined()
    }

    /// `key: rest` taken apart; nil if that is not what it is.
    private static func splitKey(_ text: Substring) -> (key: String, rest: Substring)? {
        if text.hasPrefix("\"") {
            let key = text.dropFirst().prefix { $0 != "\"" }
            let rest = text.dropFirst(key.count + 2)
            guard rest.hasPrefix(":") else { return nil }
            return (String(key), rest.dropFirst().drop { $0 == " " })
        }
        if text.hasSuffix(":") { return (String(text.dropLast()), "") }
        guard let colon = text.firstRange(of: ": ") else { return nil }
        return (String(text[..<colon.lowerBound]), text[colon.upperBound...].drop { $0 == " " })
    }

    // MARK: Within a line

    private func scalar(_ text: Substring) throws -> JSONValue {
        guard let first = text.first else { throw failure("nothing") }
        switch first {
        case "{", "[", "\"":
            var flow = FlowReader(text)
            let value = try flow.value()
            guard flow.isAtEnd else { throw failure("more behind a value: \(text)") }
            return value
        case "'", "&", "*", "!", "|", ">", "%", "@", "`", "#", "?":
            throw failure("begins with \(first): quote it")
        default:
            guard text.firstRange(of: ": ") == nil, text.firstRange(of: " #") == nil else {
                throw failure("a plain scalar with a colon or a mark of comment: quote it")
            }
            return Self.plain(text)
        }
    }

    fileprivate static func plain(_ text: Substring) -> JSONValue {
        switch text {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "null": return .null
        default:
            let isNumber = text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?/) != nil
            return isNumber ? .number(String(text)) : .text(String(text))
        }
    }
}

/// Reads `{a: b, c: [d, "e"]}`.
private struct FlowReader {
    private var rest: Substring

    init(_ text: Substring) {
        rest = text
    }

    var isAtEnd: Bool { rest.isEmpty }

    private mutating func take(_ character: Character) -> Bool {
        rest = rest.drop { $0 == " " }
        guard rest.first == character else { return false }
        rest = rest.dropFirst()
        return true
    }

    mutating func value() throws -> JSONValue {
        if take("{") { return .object(try members()) }
        if take("[") { return .array(try elements()) }
        if take("\"") { return .text(try quoted()) }
        return YAMLReader.plain(plainText())
    }

    private mutating func members() throws -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        while !take("}") {
            let key = take("\"") ? try quoted() : String(rest.prefix { $0 != ":" })
            rest = rest.drop { $0 != ":" }
            guard take(":") else { throw malformed }
            members.append(.init(key, try value()))
            guard take(",") || rest.first == "}" else { throw malformed }
        }
        return members
    }

    private mutating func elements() throws -> [JSONValue] {
        var elements: [JSONValue] = []
        while !take("]") {
            elements.append(try value())
            guard take(",") || rest.first == "]" else { throw malformed }
        }
        return elements
    }

    private var malformed: YAMLReader.Failure { .init(line: 0, reason: "malformed at \(rest)") }

    private mutating func plainText() -> Substring {
        rest = rest.drop { $0 == " " }
        let text = rest.prefix { !",]}".contains($0) }
        rest = rest.dropFirst(text.count)
        return text
    }

    /// Behind the opening quote. The escapes are those of JSON.
    private mutating func quoted() throws -> String {
        var text = "\""
        while let character = rest.popFirst() {
            text.append(character)
            if character == "\\", let escaped = rest.popFirst() { text.append(escaped) }
            if character == "\"" { return try JSONValue.parse(text).text ?? "" }
        }
        throw malformed
    }
}
