/// A command line that has been read and found good: every value in it is of its form, and
/// nothing required is missing.
struct Arguments: Sendable {
    private var texts: [String: String] = [:]
    private(set) var operands: [String] = []
    /// The texts of the options that stand on the command line itself, by name.
    private(set) var given: [String: String] = [:]

    /// The option's value: from the command line, else the environment, else its default.
    subscript<Value>(option: Option<Value>) -> Value {
        if let text = texts[option.name], let value = try? option.read(text) { return value }
        guard let absent = option.absent else {
            preconditionFailure("--\(option.name) is not in the table of this command")
        }
        return absent
    }

    /// Whether the flag is on the command line.
    subscript(flag: Flag) -> Bool { texts[flag.name] != nil }

    /// Whether the option has a value other than its default, and so somebody wants it.
    func has(_ row: some OptionRow) -> Bool { texts[row.name] != nil }

    /// Reads the words behind the command's name, and finds every mistake in them.
    init(
        _ words: [String], of command: Command, environment: [String: String]
    ) throws(UsageError) {
        var reading = Reading(command: command, rest: words[...])
        reading.takeAll()
        // Help is wanted most where the rest of the line is not right yet.
        guard reading.texts[Command.help.name] == nil else {
            texts = [Command.help.name: ""]
            return
        }
        given = reading.texts
        reading.fill(from: environment)
        reading.checkCompleteness()
        guard reading.mistakes.isEmpty else { throw UsageError(reading.mistakes) }
        texts = reading.texts
        operands = reading.operands
    }
}

/// One pass over a command line: what was found so far, and what is wrong with it.
private struct Reading {
    let command: Command
    var rest: ArraySlice<String>
    var texts: [String: String] = [:]
    var operands: [String] = []
    var mistakes: [String] = []

    mutating func takeAll() {
        while let word = rest.popFirst() {
            if word == "--" {
                operands += rest
                rest = []
            } else if word == "-h" {
                texts[Command.help.name] = ""
            } else if word.hasPrefix("--") {
                takeOption(String(word.dropFirst(2)))
            } else if word.hasPrefix("-"), word.count > 1 {
                mistakes.append("unknown option \(word); options have two dashes and a full name")
            } else {
                operands.append(word)
            }
        }
    }

    private mutating func takeOption(_ word: String) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        let inline = parts.count > 1 ? String(parts[1]) : nil
        guard let row = command.allOptions.first(where: { $0.name == name }) else {
            return unknown(name)
        }
        if texts[name] != nil { mistakes.append("--\(name) is given twice") }
        guard row.placeholder != nil else {
            if inline != nil { mistakes.append("--\(name) takes no value") }
            texts[name] = ""
            return
        }
        guard let text = inline ?? nextValue() else {
            mistakes.append("--\(name) expects a value: --\(name) \(row.placeholder ?? "")")
            texts[name] = ""
            return
        }
        accept(text, for: row)
    }

    /// The next word, unless it is an option: `--key --body x` has forgotten the key.
    private mutating func nextValue() -> String? {
        guard let next = rest.first, !next.hasPrefix("--") else { return nil }
        return rest.popFirst()
    }

    private mutating func accept(_ text: String, for row: any OptionRow) {
        texts[row.name] = text
        if let mistake = row.mistake(in: text) { mistakes.append("--\(row.name) \(mistake.text)") }
    }

    private mutating func unknown(_ name: String) {
        let nearest = nearest(to: name, among: command.allOptions.map(\.name))
        let hint = nearest.map { "; did you mean --\($0)?" } ?? ""
        mistakes.append("unknown option --\(name)\(hint)")
        // What follows is most likely its value, not an operand to complain about as well.
        _ = nextValue()
    }

    mutating func fill(from environment: [String: String]) {
        for row in command.options where texts[row.name] == nil {
            guard let variable = row.environment, let text = environment[variable], !text.isEmpty
            else { continue }
            texts[row.name] = text
            if let mistake = row.mistake(in: text) {
                mistakes.append("\(variable) (for --\(row.name)) \(mistake.text)")
            }
        }
    }

    mutating func checkCompleteness() {
        for row in command.options where row.isRequired && texts[row.name] == nil {
            mistakes.append("--\(row.name) \(row.placeholder ?? "") is missing")
        }
        for operand in command.operands.dropFirst(operands.count) {
            mistakes.append("\(operand.placeholder) is missing: \(operand.help)")
        }
        for word in operands.dropFirst(command.operands.count) {
            mistakes.append("unexpected '\(word)'")
        }
    }
}
