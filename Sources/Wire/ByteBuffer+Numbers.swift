/// Numbers as decimal text, two digits a step, without a String between.
extension ByteBuffer {
    package mutating func append(decimal value: Int) {
        append(decimal: Int64(value))
    }

    package mutating func append(decimal value: Int64) {
        if value < 0 { append(ASCII.minus) }
        append(decimal: value.magnitude)
    }

    package mutating func append(decimal value: UInt64) {
        let width = Self.digits(of: value)
        withFreeSpace(minimum: width) { space in
            Self.write(value, width: width, to: space)
            return width
        }
    }

    /// Appends `value` with as many zeros in front as make it `width` digits; `value` must fit.
    package mutating func append(decimal value: UInt64, zeroPaddedTo width: Int) {
        precondition(Self.digits(of: value) <= width)
        withFreeSpace(minimum: width) { space in
            Self.write(value, width: width, to: space)
            return width
        }
    }

    /// How many decimal digits `value` has; 1 for 0.
    static func digits(of value: UInt64) -> Int {
        var digits = 1
        var rest = value
        while rest >= 10_000 {
            digits += 4
            rest /= 10_000
        }
        return digits + (rest >= 1000 ? 3 : rest >= 100 ? 2 : rest >= 10 ? 1 : 0)
    }

    /// Writes the last `width` digits of `value`.
    @inline(__always)
    static func write(_ value: UInt64, width: Int, to space: UnsafeMutableRawBufferPointer) {
        var rest = value
        var position = width
        while position > 0 {
            position -= 1
            space[position] = ASCII.zero + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }
}
