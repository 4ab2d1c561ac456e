extension String {
    /// As many of its first characters (Unicode scalars) as fit in `bytes` of UTF-8.
    func beginning(bytes: Int) -> String {
        guard var end = utf8.index(startIndex, offsetBy: bytes, limitedBy: endIndex),
            end < endIndex
        else { return self }
        while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
