import Glibc
import Wire

/// A file of certificates and revocation lists in PEM form (RFC 7468), looked at more closely than
/// OpenSSL does: that passes over what it does not know, and a list whose first line was cut off
/// would be as if it had never been.
struct PEMFile {
    private let path: String

    init(_ path: String) {
        self.path = path
    }

    /// Blocks that count for something.
    private static let labels: Set = [
        "CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CERTIFICATE", "X509 CRL",
    ]

    /// Throws if there is anything but whole blocks, and text beside them, as people and OpenSSL
    /// write it there.
    func check() throws(TLSFailure) {
        var open: String?
        for (place, line) in try lines().enumerated() {
            let number = place + 1
            if let label = open {
                if line == "-----END \(label)-----" { open = nil }
            } else if line.hasPrefix("-----BEGIN "), line.hasSuffix("-----") {
                let label = String(line.dropFirst(11).dropLast(5))
                guard Self.labels.contains(label) else {
                    throw flaw(number, "begins a block of \(label), which nobody looks at")
                }
                open = label
            } else if !Self.isText(line) {
                throw flaw(number, "belongs to no block: a part of the file is missing, or not PEM")
            }
        }
        if let open { throw TLSFailure("\(path) ends within a block of \(open)") }
    }

    private func flaw(_ number: Int, _ text: String) -> TLSFailure {
        TLSFailure("\(path) cannot be used: line \(number) \(text)")
    }

    /// What may stand outside of blocks: no binary, no part of a line around a block, and nothing
    /// that looks like a line within one.
    private static func isText(_ line: String) -> Bool {
        let isBinary = line.utf8.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }
        let isContent =
            line.utf8.count >= 40
            && line.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                    true
                default: false
                }
            }
        return !isBinary && !isContent && !line.contains("-----")
    }

    /// Without the blanks at their ends, which OpenSSL passes over, too.
    private func lines() throws(TLSFailure) -> [String] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        var content = ByteBuffer()
        var count = descriptor >= 0 ? 1 : -1
        while count > 0 {
            content.withFreeSpace(minimum: 64 * 1024) { space in
                count = read(descriptor, space.baseAddress, space.count)
                return max(0, count)
            }
        }
        let reason = errno
        if descriptor >= 0 { close(descriptor) }
        guard count == 0 else {
            throw TLSFailure("\(path) cannot be read: \(String(cString: strerror(reason)))")
        }
        return content.bytes.text(in: 0..<content.count).utf8
            .split(separator: 0x0A, omittingEmptySubsequences: false)
            .map { line in
                let end = line.lastIndex { ![0x20, 0x09, 0x0D].contains($0) }
                    .map { line.index(after: $0) }
                return String(Substring(line[..<(end ?? line.startIndex)]))
            }
    }
}
