/// Rows for people: columns as wide as their widest cell, numbers to the right.
struct Table {
    /// Which way a column leans.
    enum Side { case left, right }

    private let titles: [String]
    private let sides: [Side]
    private var rows: [[String]] = []

    init(_ columns: [(title: String, side: Side)]) {
        titles = columns.map(\.title)
        sides = columns.map(\.side)
    }

    /// Adds a row; nil shows as nothing.
    mutating func add(_ cells: [String?]) {
        precondition(cells.count == titles.count, "a row has as many cells as there are columns")
        rows.append(cells.map { fit($0 ?? "") })
    }

    /// The lines, titles first. With a `width` the last column is shortened to stay within it;
    /// 0 shortens nothing.
    func lines(width: Int = 0) -> [String] {
        var widths = titles.map { columns(of: $0) }
        for row in rows {
            for (column, cell) in row.enumerated() {
                widths[column] = max(widths[column], columns(of: cell))
            }
        }
        let before = widths.dropLast().reduce(0) { $0 + $1 + 2 }
        let last = width > 0 ? max(8, width - before) : Int.max
        return ([titles] + rows).map { line($0, widths: widths, last: last) }
    }

    private func line(_ cells: [String], widths: [Int], last: Int) -> String {
        var text = ""
        for (column, cell) in cells.enumerated() {
            let isLast = column == cells.count - 1
            let shown = isLast ? fit(cell, into: last) : cell
            let padding = String(repeating: " ", count: max(0, widths[column] - columns(of: shown)))
            switch (sides[column], isLast) {
            case (.right, _): text += padding + shown
            case (.left, true): text += shown
            case (.left, false): text += shown + padding
            }
            if !isLast { text += "  " }
        }
        return text
    }
}
