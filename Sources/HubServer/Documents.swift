// Unsafe: the files are memory of the program itself, which is there from its start to its end.
import CDocuments
import Wire

/// A file that the hub serves, built into the program so that it is whole by itself.
struct Document: @unchecked Sendable {
    /// As in the address, such as `app.js`.
    let name: String
    let type: StaticString
    let bytes: UnsafeRawBufferPointer
    /// Tells one version from another (RFC 9110, section 8.8.3): weak, because the same may go out
    /// compressed.
    let tag: String

    fileprivate init(_ file: cdocuments_file) {
        name = String(cString: file.name)
        type = Self.type(of: name)
        bytes = UnsafeRawBufferPointer(start: file.bytes, count: file.count)
        let digest = Digest(of: bytes)
        tag = "W/\"\(String(digest.words[0], radix: 16))\""
    }

    private static func type(of name: String) -> StaticString {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "svg": "image/svg+xml"
        case "yaml": "application/yaml"
        default: preconditionFailure("what type is \(name)?")
        }
    }
}

/// All files that the hub serves: a fixed list, so no path leads to any other.
enum Documents {
    static let all = (0..<cdocuments_count()).map { Document(cdocuments_file($0)) }
    static let openAPI = place(of: "openapi.yaml")
    static let page = place(of: "index.html")

    private static func place(of name: String) -> Int {
        all.firstIndex { $0.name == name }!
    }

    /// The place in `all` of the file that the segment `name` of `target` asks for.
    static func place(of name: ByteRange, in target: borrowing Target) -> Int? {
        for place in all.indices where target.matches(name, all[place].name) { return place }
        return nil
    }
}
