/// The proof that nothing of the line is missing, by the ordinals: pure.
enum LineCheck {
    /// What does not fit together. Somebody between the hub and here lies, or one of the two is
    /// broken: going on could skip messages.
    struct Hole: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    /// Checks a page by itself, and against what is done.
    ///
    /// - Parameters:
    ///   - page: as the hub answered; nothing melted or left out was asked for.
    ///   - start: the index behind which it begins.
    ///   - position: what is done; the page may begin at or before it.
    /// - Returns: the messages that come behind `position`.
    static func check(
        _ page: PulledPage, from start: Int, position: Position
    ) throws(Hole) -> ArraySlice<Message> {
        try checkCounts(page)
        try checkOrder(page, from: start)
        let new = page.messages.drop { $0.lastIndex <= position.index }
        guard let ordinal = position.ordinal, start <= position.index else { return new }
        let reached = new.first.map { $0.ordinal - 1 } ?? page.to
        // A page that ends below what is done shows less than all of it.
        let isShort = new.isEmpty && page.next < position.index
        guard isShort ? reached <= ordinal : reached == ordinal else {
            throw Hole(
                description: "message \(ordinal + 1) of the line was due behind index "
                    + "\(position.index), and number \(reached + 1) came")
        }
        return new
    }

    private static func checkCounts(_ page: PulledPage) throws(Hole) {
        let told = page.to - page.from + 1
        let shown = page.messages.reduce(0) { $0 + 1 + $1.coalesced }
        guard told == shown + page.filtered, page.filtered == 0 else {
            throw Hole(
                description: "the hub counts messages \(page.from) to \(page.to) of the line, "
                    + "but the page has \(shown) and \(page.filtered) left out")
        }
    }

    private static func checkOrder(_ page: PulledPage, from start: Int) throws(Hole) {
        var (index, ordinal) = (start, page.from - 1)
        for message in page.messages {
            guard message.index > index, message.ordinal == ordinal + 1 else {
                throw Hole(
                    description: "behind number \(ordinal) of the line (index \(index)) came "
                        + "number \(message.ordinal) (index \(message.index))")
            }
            index = message.lastIndex
            ordinal = message.ordinal + message.coalesced
        }
        guard page.next >= index else {
            throw Hole(description: "the page ends at \(page.next) and shows message \(index)")
        }
    }
}
