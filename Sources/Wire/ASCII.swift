/// The bytes that the wire's grammars name, and the sets that they speak of.
enum ASCII {
    static let tab = UInt8(ascii: "\t")
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let space = UInt8(ascii: " ")
    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")
    static let comma = UInt8(ascii: ",")
    static let colon = UInt8(ascii: ":")
    static let semicolon = UInt8(ascii: ";")
    static let slash = UInt8(ascii: "/")
    static let question = UInt8(ascii: "?")
    static let percent = UInt8(ascii: "%")
    static let plus = UInt8(ascii: "+")
    static let minus = UInt8(ascii: "-")
    static let dot = UInt8(ascii: ".")
    static let equals = UInt8(ascii: "=")
    static let zero = UInt8(ascii: "0")
    static let nine = UInt8(ascii: "9")
    static let delete: UInt8 = 0x7F
}

/// Sets of bytes as two bit masks, of 0 to 63 and of 64 to 127: registers, where a table would
/// have to be fetched from memory and initialised.
extension UInt8 {
    @inline(__always)
    private func isIn(_ low: UInt64, _ high: UInt64) -> Bool {
        let mask = self < 64 ? low : high
        return self < 128 && (mask &>> UInt64(self & 63)) & 1 != 0
    }

    /// `tchar` of RFC 9110, section 5.6.2: letters, digits and ``!#$%&'*+-.^_`|~``.
    @inline(__always)
    var isToken: Bool { isIn(0x03ff_6cfa_0000_0000, 0x57ff_ffff_c7ff_fffe) }

    /// What a request target may hold here: visible ASCII but no fragment's `#`.
    @inline(__always)
    var isTarget: Bool { self > 0x20 && self < 0x7F && self != UInt8(ascii: "#") }

    /// A byte of `reg-name` of RFC 3986, section 3.2.2: unreserved, percent, sub-delimiters.
    @inline(__always)
    var isHostName: Bool { isIn(0x2bff_7ff2_0000_0000, 0x47ff_fffe_87ff_fffe) }

    @inline(__always)
    var isVisible: Bool { self > 0x20 && self < 0x7F }

    @inline(__always)
    var isDigit: Bool { self &- ASCII.zero < 10 }

    @inline(__always)
    var isBlank: Bool { self == ASCII.space || self == ASCII.tab }

    /// The byte with an upper-case ASCII letter made lower case.
    @inline(__always)
    var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

    /// What the byte counts for as a hexadecimal digit of either case.
    @inline(__always)
    var hexValue: UInt8? {
        if isDigit { return self &- ASCII.zero }
        let letter = (self | 0x20) &- UInt8(ascii: "a")
        return letter < 6 ? letter + 10 : nil
    }
}
