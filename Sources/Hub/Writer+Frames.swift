/// What the lists say to the frame that is to be handed over.
extension Writer {
    /// The frame with what only the lists know: where each wid's message before it is.
    func linked(_ frame: ArchivedFrame) -> ArchivedFrame {
        var frame = frame
        for place in frame.wids.indices {
            frame.wids[place].previous =
                lines.count(of: frame.wids[place].wid, through: frame.first - 1).last
        }
        return frame
    }

    /// What the lists lose, if the frame tells the same of each wid as they do.
    func trimmed(by frame: ArchivedFrame) throws(StoreFailure) -> [TrimmedLine] {
        guard frame.first == border + 1, frame.last >= frame.first, frame.last <= lines.head else {
            throw .other(
                """
                frame \(frame.first)-\(frame.last) does not go on from the border, which is \
                \(border), to at most \(lines.head)
                """)
        }
        var (lines, count): ([TrimmedLine], Int64) = ([], 0)
        for its in frame.wids {
            let line = self.lines.count(of: its.wid, through: frame.last)
            guard line.count == its.before + Int64(its.count) else {
                throw .damaged(
                    """
                    frame \(frame.first)-\(frame.last) has \(its.count) messages of wid \
                    \(its.wid) after \(its.before), the hub counts \(line.count)
                    """)
            }
            lines.append(TrimmedLine(wid: its.wid, count: line.count, last: line.last))
            count += Int64(its.count)
        }
        guard count == frame.count else {
            throw .damaged("frame \(frame.first)-\(frame.last) counts \(count) messages")
        }
        return lines
    }
}
