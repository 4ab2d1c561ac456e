import Hub
import Platform
import Wire

/// What a search looks at: lines are passed over by their wid and by a text without being read.
extension UnpackedFrame {
    /// Indexes of messages in `range` that a search has to read, rising: of `wid` where one is
    /// asked for, and with the bytes of `text` somewhere in their line where some are.
    package func candidates(
        in range: ClosedRange<Int64>, wid: UInt32?, text: [UInt8]?
    ) -> [Int64] {
        guard range.overlaps(frame.first...frame.last) else { return [] }
        let clamped = range.clamped(to: frame.first...frame.last)
        let places = Int(clamped.lowerBound - frame.first)...Int(clamped.upperBound - frame.first)
        guard let text else {
            return places.filter { wid == nil || wids[$0] == wid }.map { frame.first + Int64($0) }
        }
        return candidates(places, wid, text)
    }

    /// One walk over all bytes, from hit to hit; a line with a hit is left at once.
    private func candidates(
        _ places: ClosedRange<Int>, _ wid: UInt32?, _ text: [UInt8]
    ) -> [Int64] {
        var found: [Int64] = []
        let end = Int(starts[places.upperBound + 1])
        raw.withUnsafeBytes { bytes in
            text.withUnsafeBytes { text in
                let bytes = UnsafeRawBufferPointer(rebasing: bytes[..<end])
                var place = places.lowerBound
                while place <= places.upperBound,
                    let hit = bytes.firstPlace(of: text, from: Int(starts[place]))
                {
                    while starts[place + 1] <= hit { place += 1 }
                    if wid == nil || wids[place] == wid { found.append(frame.first + Int64(place)) }
                    place += 1
                }
            }
        }
        return found
    }
}
