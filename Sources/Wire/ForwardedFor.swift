/// `X-Forwarded-For`: whom each proxy on the way had its request from. It is no standard, but what
/// nginx, HAProxy and their like send; a proxy appends its element, or a field of its own.
extension RawSpan {
    /// Hands the elements of all such fields in the first `length` bytes, a whole head, to `take`:
    /// the last one first, which the nearest proxy has written, until `take` answers false.
    package func forwardedFor(inHead length: Int, _ take: (String) -> Bool) {
        var end = length
        while end > 0 {
            var start = end
            while start > 0, byte(at: start - 1) != ASCII.lineFeed { start -= 1 }
            if let value = forwardedFor(inLine: start..<end), !elements(of: value, take) { return }
            end = start - 1
        }
    }

    private static var name: StaticString { "x-forwarded-for:" }

    private func forwardedFor(inLine line: Range<Int>) -> Range<Int>? {
        let value = line.lowerBound + Self.name.utf8CodeUnitCount
        guard value <= line.upperBound, equals(Self.name, in: line.lowerBound..<value) else {
            return nil
        }
        let end = line.upperBound
        let hasReturn = value < end && byte(at: end - 1) == ASCII.carriageReturn
        return value..<end - (hasReturn ? 1 : 0)
    }

    /// False: `take` wants no more. Empty elements mean nothing (RFC 9110, section 5.6.1).
    private func elements(of value: Range<Int>, _ take: (String) -> Bool) -> Bool {
        var end = value.upperBound
        while end >= value.lowerBound {
            var start = end
            while start > value.lowerBound, byte(at: start - 1) != ASCII.comma { start -= 1 }
            let element = trimmingBlanks(start..<end)
            if !element.isEmpty, !take(text(in: element)) { return false }
            end = start - 1
        }
        return true
    }
}
