/// One subcommand: its table, its words for people, and what it does.
struct Command: Sendable {
    /// One or two words: `pull`, `warehouse seek`.
    let name: String
    /// One line, beginning in lower case, for the list of commands.
    let summary: String
    /// What a reader of `--help` wants to know beyond the table: sentences, examples.
    var details = ""
    var options: [any OptionRow] = []
    /// Every one of them has to be given.
    var operands: [Operand] = []
    /// Does it. Thrown errors end up on standard error, in words, with exit status 1, or 2 for
    /// a `UsageError`.
    let run: @Sendable (Arguments) throws -> ExitStatus

    /// The options of the table and the one that every command has.
    var allOptions: [any OptionRow] { options + [Self.help] }

    static let help = Flag("help", "show this text")
}

/// What the program tells whoever started it.
enum ExitStatus: Int32, Sendable {
    case done = 0
    case failed = 1
    /// The command line itself is wrong; nothing was tried.
    case usage = 2
    /// Ctrl-C has ended it, where nothing was half done: as shells have it.
    case cancelled = 130
}

/// Why a command line cannot be run: each mistake in it, so that all can be mended at once.
struct UsageError: Error, Equatable {
    let mistakes: [String]

    init(_ mistakes: [String]) {
        self.mistakes = mistakes
    }

    init(_ mistake: String) {
        self.mistakes = [mistake]
    }
}
