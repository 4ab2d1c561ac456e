/// How many columns of a terminal the text takes: wide for East Asian letters and pictures,
/// none for marks that sit on the letter before (Unicode Standard Annex 11, in broad strokes).
func columns(of text: String) -> Int {
    text.unicodeScalars.reduce(0) { $0 + columns(of: $1) }
}

/// The text without anything that would move a terminal's cursor, in at most `width` columns;
/// a shortened text ends in `…`.
func fit(_ text: String, into width: Int = .max) -> String {
    let plain = plain(text)
    guard columns(of: plain) > width else { return plain }
    var short = String.UnicodeScalarView()
    var used = 1  // the ellipsis
    for scalar in plain.unicodeScalars {
        used += columns(of: scalar)
        guard used <= width else { break }
        short.append(scalar)
    }
    return String(short) + "…"
}

/// Control characters become a visible mark: what a message says must not steer a terminal.
private func plain(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "�" : $0 }))
}

private func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00...0x1F, 0x7F...0x9F, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
}

private func columns(of scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x0300...0x036F, 0x200B...0x200D, 0xFE00...0xFE0F: 0
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
        0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF,
        0x20000...0x3FFFD:
        2
    default: 1
    }
}
