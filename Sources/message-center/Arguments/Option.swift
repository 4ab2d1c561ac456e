/// One row of a command's table of options. The help text, the checks and the reading all come
/// from it.
protocol OptionRow: Sendable {
    /// The name without its dashes.
    var name: String { get }
    /// What stands for the value in a help text; nil for an option that takes none.
    var placeholder: String? { get }
    /// One line, beginning in lower case.
    var help: String { get }
    /// The variable that is read where the option is not given.
    var environment: String? { get }
    /// Whether the command cannot run without it.
    var isRequired: Bool { get }
    /// What the value is where nothing is given, for the help text.
    var fallback: String? { get }
    /// What is wrong with `text` as a value of this option; nil if nothing.
    func mistake(in text: String) -> Mistake?
}

/// An option with a value: `--limit 100` or `--limit=100`.
///
/// `Value` is what a command gets, so its type tells what may be missing: `Option<Int>` always
/// has a number (it is required or has a default), `Option<Int?>` may have none.
struct Option<Value: Sendable>: OptionRow {
    let name: String
    let placeholder: String?
    let help: String
    let environment: String?
    /// What an option not given stands for; nil where it has to be given.
    let absent: Value?
    let fallback: String?
    let read: @Sendable (String) throws(Mistake) -> Value

    var isRequired: Bool { absent == nil }

    func mistake(in text: String) -> Mistake? {
        do throws(Mistake) {
            _ = try read(text)
            return nil
        } catch {
            return error
        }
    }

    /// An option that stands for `fallback` where it is not given.
    init(
        _ name: String, _ form: ValueForm<Value>, default fallback: Value,
        environment: String? = nil, _ help: String
    ) {
        self.name = name
        self.placeholder = form.placeholder
        self.help = help
        self.environment = environment
        self.absent = fallback
        self.fallback = "\(fallback)"
        self.read = form.read
    }

    /// An option without which the command refuses to start.
    init(
        required name: String, _ form: ValueForm<Value>, environment: String? = nil, _ help: String
    ) {
        self.name = name
        self.placeholder = form.placeholder
        self.help = help
        self.environment = environment
        self.absent = nil
        self.fallback = nil
        self.read = form.read
    }

    /// An option whose absence is a value too.
    init<Given: Sendable>(
        optional name: String, _ form: ValueForm<Given>, environment: String? = nil, _ help: String
    ) where Value == Given? {
        self.name = name
        self.placeholder = form.placeholder
        self.help = help
        self.environment = environment
        self.absent = .some(nil)
        self.fallback = nil
        self.read = { text throws(Mistake) in try form.read(text) }
    }
}

/// An option without a value: given or not.
struct Flag: OptionRow {
    let name: String
    let help: String

    init(_ name: String, _ help: String) {
        self.name = name
        self.help = help
    }

    var placeholder: String? { nil }
    var environment: String? { nil }
    var isRequired: Bool { false }
    var fallback: String? { nil }
    func mistake(in text: String) -> Mistake? { nil }
}

/// A word of a command line that is not an option: `message show 1234`.
struct Operand: Sendable {
    let placeholder: String
    let help: String
}
