import Hub

/// Whether a frame's lines are what the catalogue says of them, and sound each for itself.
extension UnpackedFrame {
    func verify() throws(ArchiveFailure) {
        var counted: [UInt32: Int64] = [:]
        var created = frame.created.lowerBound
        var (hasLeast, hasGreatest) = (frame.ids == nil, frame.ids == nil)
        for place in 0..<Int(frame.count) {
            let line = try line(place)
            guard isJSON(place, line) else { throw damage(place, "is not JSON") }
            guard isTopicSound(place, line) else { throw damage(place, "has no topic") }
            guard line.created >= created else {
                throw damage(place, "was created before the one before it")
            }
            created = line.created
            guard let wid = frame.count(of: line.wid) else {
                throw damage(place, "is of wid \(line.wid), which the catalogue does not count")
            }
            let due = counted[line.wid, default: wid.before] + 1
            guard line.nth == due else {
                throw damage(place, "is number \(line.nth) of wid \(line.wid), \(due) is due")
            }
            counted[line.wid] = due
            if line.id == frame.ids?.lowerBound { hasLeast = true }
            if line.id == frame.ids?.upperBound { hasGreatest = true }
            if place == 0, created != frame.created.lowerBound {
                throw damage(place, "was created later than the catalogue says")
            }
        }
        guard created == frame.created.upperBound else {
            throw damage(Int(frame.count) - 1, "was created earlier than the catalogue says")
        }
        guard hasLeast, hasGreatest else {
            throw frame.damaged("the least or the greatest id is in none of its lines")
        }
        for wid in frame.wids where counted[wid.wid, default: -1] != wid.before + Int64(wid.count) {
            throw frame.damaged(
                "the catalogue counts \(wid.count) messages of wid \(wid.wid), not so its lines")
        }
    }
}
