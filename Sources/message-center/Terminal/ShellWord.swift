/// `text` as one word of a POSIX shell, for commands that people copy from the screen: as it is
/// where no letter in it means anything to a shell, else within single quotes.
func shellWord(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-_./:@%+=,".utf8.contains(byte)
        }
    }
    if isPlain, !text.isEmpty { return text }
    let quoted = text.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''")
    return "'\(quoted)'"
}
