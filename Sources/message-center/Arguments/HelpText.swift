/// The words of `--help`, made from the same tables that read the command line.
enum HelpText {
    static let program = "message-center"

    /// The list of all commands.
    static func overview(of commands: [Command]) -> String {
        let rows = commands.map { ($0.name, $0.summary) }
        return """
            \(program): publish domain events, let each warehouse pull its own in order

            Usage: \(program) COMMAND [options]

            Commands:
            \(columns(rows))

            Each command explains itself: \(program) COMMAND --help
            """
    }

    /// The commands that begin with `group`.
    static func group(_ group: String, among commands: [Command]) -> String {
        let rows = commands.filter { $0.name.hasPrefix(group + " ") }.map { ($0.name, $0.summary) }
        return """
            Usage: \(program) \(group) COMMAND [options]

            Commands:
            \(columns(rows))
            """
    }

    /// Everything about one command.
    static func command(_ command: Command) -> String {
        var text = "\(program) \(command.name): \(command.summary)\n\nUsage: \(usage(command))\n"
        if !command.operands.isEmpty {
            text += "\n" + columns(command.operands.map { ($0.placeholder, $0.help) }) + "\n"
        }
        text += "\nOptions:\n" + columns(command.allOptions.map { (title($0), remark($0)) }) + "\n"
        if !command.details.isEmpty { text += "\n" + command.details + "\n" }
        return text
    }

    private static func usage(_ command: Command) -> String {
        let required = command.options.filter(\.isRequired).map(title)
        let operands = command.operands.map(\.placeholder)
        return ([program, command.name] + operands + required + ["[options]"])
            .joined(separator: " ")
    }

    private static func title(_ row: any OptionRow) -> String {
        row.placeholder.map { "--\(row.name) \($0)" } ?? "--\(row.name)"
    }

    private static func remark(_ row: any OptionRow) -> String {
        var notes: [String] = []
        if row.isRequired { notes.append("required") }
        if let fallback = row.fallback, !fallback.isEmpty { notes.append("default \(fallback)") }
        if let variable = row.environment { notes.append("environment \(variable)") }
        return notes.isEmpty ? row.help : "\(row.help) (\(notes.joined(separator: ", ")))"
    }

    /// Two columns; the second one begins at the same place in every row, and goes on there
    /// where it is too long for a line.
    private static func columns(_ rows: [(String, String)]) -> String {
        let left = min(rows.map(\.0.count).max() ?? 0, 30)
        let margin = String(repeating: " ", count: left + 4)
        return rows.map { title, remark in
            let head = "  " + title
            let lines = wrap(remark, to: 98 - margin.count)
            let body = lines.joined(separator: "\n" + margin)
            guard title.count <= left else { return head + "\n" + margin + body }
            return head + String(repeating: " ", count: left - title.count + 2) + body
        }.joined(separator: "\n")
    }

    private static func wrap(_ text: String, to width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " " + word
        }
        return lines + [line]
    }
}
