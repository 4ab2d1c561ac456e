import Hub
import TestSupport

/// Pages out of the store, as loops read them.
extension SimulatedHub {
    /// Messages a filter looks at in one pull here.
    private static let looks = 20

    /// The page behind `from`, as a loop reads it; nil after a violation.
    ///
    /// - Parameter interleaved: the writer may go on between its rows.
    func readPage(
        _ request: PullRequest, from: Int64, interleaved: Bool = false
    ) -> Page? {
        let line = lines.line(of: request.wid)
        // Nobody reads below the border in the store.
        guard !line.isArchived(after: from) else { return nil }
        var cursor = line.cursor(after: from)
        let row = installed[request.wid] ?? Model.Row()
        var page = Page(from: from, next: from, voids: row.voids, seeks: row.seeks)
        page.ordinalBefore = line.ordinal(through: from)
        var looked = 0
        while page.shown.count < request.limit, looked < Self.looks, let entry = cursor.next() {
            looked += 1
            if interleaved, world.random.oneIn(4) { writerStep() }
            trace.check(
                entry.ordinal == page.ordinalBefore + Int64(looked),
                "wid \(request.wid): ordinal \(entry.ordinal) of \(entry.index)")
            guard let shows = show(entry, request) else { return nil }
            if shows { page.shown.append(entry.index) }
            page.next = entry.index
        }
        page.more = cursor.next() != nil
        // An end reached counts to the head: nothing up to it is left.
        if !page.more { page.next = max(page.next, line.head, from) }
        page.ordinalNext = line.ordinal(through: page.next)
        return page
    }

    /// Whether the message is shown, read from the disk; nil after a violation.
    private func show(_ entry: Line.Entry, _ request: PullRequest) -> Bool? {
        var topic: Int32 = 0
        do throws(StoreFailure) {
            try reader.begin()
            defer { reader.end() }
            try reader.rows(at: [entry.index]) { row in
                trace.check(
                    row.nth == entry.nth && (row.wid == 0 || row.wid == request.wid),
                    "message \(entry.index) in the line of \(request.wid) is another")
                topic = row.topic
                return true
            }
        } catch {
            trace.violate("readers see message \(entry.index): \(error)")
            return nil
        }
        guard !request.topics.isEmpty else { return true }
        guard Int(topic) < topics.count else {
            trace.violate("readers see message \(entry.index) before its topic")
            return nil
        }
        return request.topics.contains { $0.matches(topics[Int(topic)]) }
    }
}
