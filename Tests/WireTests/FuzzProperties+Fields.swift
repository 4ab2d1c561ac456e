#if !FUZZING
@testable import Wire
#endif

/// What clients say beside the body: the query of a target, and the values of fields.
extension FuzzProperties {
    // MARK: The query

    /// A query is decoded as a plain decoder does it, and what is encoded comes back as it was.
    static func query(_ bytes: [UInt8]) -> String? {
        let target = Array("/v1/messages?".utf8) + bytes
        let found = Target(target.span.bytes).parameters()
        let plain = PlainQuery.parameters(bytes)
        if found?.map(\.name) != plain?.map(\.name) { return "other names" }
        if found?.map(\.value) != plain?.map(\.value) { return "other values" }
        return encoded(bytes)
    }

    /// Every text that holds no NUL can be sent, each byte encoded.
    private static func encoded(_ bytes: [UInt8]) -> String? {
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            return nil
        }
        let digits = Array("0123456789abcdef".utf8)
        let target =
            Array("/?a=".utf8)
            + bytes.flatMap { [0x25, digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        let parameters = Target(target.span.bytes).parameters()
        return parameters == [.init(name: "a", value: text)] ? nil : "not what was encoded"
    }

    // MARK: Fields

    /// Tokens, cookies and forwarded addresses are parts of what was sent, and those a plain search
    /// finds.
    static func fields(_ bytes: [UInt8]) -> String? {
        let span = bytes.span.bytes
        var token: [UInt8]?
        if let found = span.bearerToken { token = Array(found) }
        let rest = bytes.dropFirst(6).drop { $0 == 0x20 }
        let isBearer =
            lower(bytes.prefix(6)) == Array("bearer".utf8) && !rest.isEmpty
            && bytes.count > 6 + rest.count
        if token != (isBearer ? Array(rest) : nil) { return "another token" }
        var cookie: [UInt8]?
        if let found = span.cookie("a") { cookie = Array(found) }
        if cookie != PlainCookie.value("a", bytes) { return "another cookie" }
        return forwarded(bytes)
    }

    private static func lower(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        bytes.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }

    private static func forwarded(_ bytes: [UInt8]) -> String? {
        let head = Array("X-Forwarded-For: ".utf8) + bytes
        var found: [String] = []
        head.span.bytes.forwardedFor(inHead: head.count) { element in
            found.append(element)
            return true
        }
        let expected = head.split(separator: 10).reversed().flatMap { line -> [String] in
            var line = line
            let name = Array("x-forwarded-for:".utf8)
            guard lower(line.prefix(name.count)) == name else { return [] }
            line = line.dropFirst(name.count)
            if line.last == 13 { line = line.dropLast() }
            return line.split(separator: 0x2C).reversed().map {
                String(decoding: PlainCookie.trimmed($0), as: UTF8.self)
            }.filter { !$0.isEmpty }
        }
        return found == expected ? nil : "\(found) are not \(expected)"
    }
}

extension Array<UInt8> {
    fileprivate init(_ span: RawSpan) {
        self = span.withUnsafeBytes { Array($0) }
    }
}

/// A query string once more, as plainly as it can be said.
private enum PlainQuery {
    static func parameters(_ bytes: [UInt8]) -> [(name: String, value: String)]? {
        var parameters: [(name: String, value: String)] = []
        for part in bytes.split(separator: UInt8(ascii: "&")) {
            let name = part.prefix { $0 != UInt8(ascii: "=") }
            guard let name = text(name), let value = text(part.dropFirst(name.length + 1)) else {
                return nil
            }
            parameters.append((name.text, value.text))
        }
        return parameters
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> (text: String, length: Int)? {
        var rest = bytes
        var decoded: [UInt8] = []
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                decoded.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit),
                digits.allSatisfy(\.isASCII),
                let byte = UInt8(digits, radix: 16), byte != 0
            else { return nil }
            decoded.append(byte)
            rest = rest.dropFirst(2)
        }
        return String(validating: decoded, as: UTF8.self).map { ($0, bytes.count) }
    }
}

private enum PlainCookie {
    static func value(_ name: String, _ bytes: [UInt8]) -> [UInt8]? {
        let start = Array((name + "=").utf8)
        for part in bytes.split(separator: UInt8(ascii: ";")) {
            let pair = trimmed(part)
            if pair.starts(with: start) { return Array(pair.dropFirst(start.count)) }
        }
        return nil
    }

    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 9 }
        var rest = bytes.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }
}
