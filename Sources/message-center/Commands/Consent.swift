/// A person's yes to a change that was shown first: the options and the question of every command
/// that asks for it.
enum Consent {
    static let dryRun = Flag("dry-run", "only show what it would do")
    static let yes = Flag("yes", "do not ask")

    /// Refuses, before anything is asked of the hub, a run in which nobody could say yes.
    static func mustBePossible(_ arguments: Arguments) throws {
        guard arguments[dryRun] || arguments[yes] || Console.canAsk else {
            throw UsageError("nobody can be asked here: give --yes, or --dry-run to look first")
        }
    }

    /// Whether `change`, in words, may be done. If not, it is said that nothing was.
    static func isGiven(to change: String, _ arguments: Arguments) -> Bool {
        if arguments[yes] || Console.confirm("\(change)\nDo it?") { return true }
        Console.note("nothing was changed")
        return false
    }
}
