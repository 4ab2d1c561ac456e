import Glibc
import MessageCenterClient
import Platform

/// From the words of the command line to an exit status.
enum Program {
    /// Every command, in the order the overview shows them.
    static let commands: [Command] = [
        .serve, .token.create, .token.list, .token.rotate, .token.expire,
        .token.revoke,
        .publish, .pull, .commit, .tail,
        .warehouse.list, .warehouse.show, .warehouse.seek, .warehouse.pause, .warehouse.resume,
        .warehouse.retire, .warehouse.revive, .warehouse.name,
        .topicList, .messageShow,
        .deadLetter.list, .deadLetter.show, .deadLetter.retry, .deadLetter.drop,
        .archive.list, .archive.verify, .archive.search, .archive.replay, .archive.export,
        .archive.prune,
        .backup.make, .backup.verify, .backup.restore, .consume, .dataAPI, .demo.shop,
        .demo.compare, .health, .bench, .version,
    ]

    /// Runs the command that `words` name. Writes every error to standard error.
    static func run(_ words: [String], environment: [String: String]) -> ExitStatus {
        switch words.first {
        case nil:
            Console.note(HelpText.overview(of: commands))
            return .usage
        case "help", "--help", "-h":
            return help(Array(words.dropFirst()))
        case "--version":
            return run(["version"], environment: environment)
        default:
            return runCommand(words, environment: environment)
        }
    }

    private static func runCommand(
        _ words: [String], environment: [String: String]
    ) -> ExitStatus {
        guard let (command, rest) = find(words) else { return unknown(words) }
        do {
            let arguments = try Arguments(rest, of: command, environment: environment)
            guard !arguments[Command.help] else {
                Console.print(HelpText.command(command))
                return .done
            }
            return try command.run(arguments)
        } catch let error as UsageError {
            return report(error, of: command)
        } catch {
            report(error, asJSON: rest.contains("--json"))
            return .failed
        }
    }

    /// The command whose name the words begin with, and the words behind it.
    private static func find(_ words: [String]) -> (Command, [String])? {
        for count in [2, 1] where words.count >= count {
            let name = words.prefix(count).joined(separator: " ")
            if let command = commands.first(where: { $0.name == name }) {
                return (command, Array(words.dropFirst(count)))
            }
        }
        return nil
    }

    private static func isGroup(_ word: String) -> Bool {
        commands.contains { $0.name.hasPrefix(word + " ") }
    }

    private static func help(_ words: [String]) -> ExitStatus {
        if words.isEmpty {
            Console.print(HelpText.overview(of: commands))
        } else if let (command, _) = find(words) {
            Console.print(HelpText.command(command))
        } else if isGroup(words[0]) {
            Console.print(HelpText.group(words[0], among: commands))
        } else {
            return unknown(words)
        }
        return .done
    }

    private static func unknown(_ words: [String]) -> ExitStatus {
        let first = words[0]
        if isGroup(first) {
            if words.contains("--help") || words.contains("-h") { return help([first]) }
            return unknown(inGroup: first, words)
        }
        let names = Set(commands.map { String($0.name.prefix { $0 != " " }) })
        complain(about: first, nearest: nearest(to: first, among: names.sorted()))
        return .usage
    }

    private static func unknown(inGroup group: String, _ words: [String]) -> ExitStatus {
        if words.count > 1 {
            let name = "\(group) \(words[1])"
            let names = commands.map(\.name).filter { $0.hasPrefix(group + " ") }
            complain(about: name, nearest: nearest(to: name, among: names))
        }
        Console.note(HelpText.group(group, among: commands))
        return .usage
    }

    private static func complain(about name: String, nearest: String?) {
        let hint = nearest.map { "; did you mean '\($0)'?" } ?? ""
        Console.note("\(HelpText.program): no command '\(name)'\(hint)")
        Console.note("All commands: \(HelpText.program) --help")
    }

    private static func report(_ error: UsageError, of command: Command) -> ExitStatus {
        for mistake in error.mistakes {
            Console.note("\(HelpText.program) \(command.name): \(mistake)")
        }
        Console.note("How it goes: \(HelpText.program) \(command.name) --help")
        return .usage
    }

    /// Writes what went wrong; with `asJSON` a problem of the hub as the hub told it.
    private static func report(_ error: any Error, asJSON: Bool) {
        switch error {
        case let problem as HubProblem where asJSON && !problem.code.isEmpty:
            Console.note(String(decoding: problem.body, as: UTF8.self))
        case let problem as HubProblem:
            for line in problem.lines { Console.note(prefixed(fit(line))) }
        case let failure as TransportFailure:
            Console.note(prefixed(failure.description))
            if let advice = HubAdvice.byReason[failure.reason] { Console.note("  next: \(advice)") }
        case let failure as ConsumerFailure:
            Console.note(prefixed(failure.description))
            if let advice = HubAdvice.of(failure) { Console.note("  next: \(advice)") }
        default:
            Console.note(prefixed("\(error)"))
        }
    }

    private static func prefixed(_ line: String) -> String {
        line.hasPrefix("  ") ? line : "\(HelpText.program): \(line)"
    }

    /// The environment of this process.
    static var environment: [String: String] { environment(of: allVariables) }

    /// Those of the variables `names` that are set.
    static func environment(of names: some Sequence<String>) -> [String: String] {
        var variables: [String: String] = [:]
        for name in names {
            if let value = getenv(name) { variables[name] = String(cString: value) }
        }
        return variables
    }

    /// Variables that look like this program's and are not: a misspelt one does nothing, and
    /// nobody notices. Each with the one that was most likely meant.
    static func unknownVariables() -> [(name: String, nearest: String?)] {
        let environ = (try? ByteStream.readAll(path: "/proc/self/environ", limit: 4 << 20)) ?? []
        let known = allVariables.union(ServiceNotifier.variables).union(ownVariables)
        return environ.split(separator: 0).compactMap { entry in
            let name = String(decoding: entry.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
            guard name.hasPrefix(variablePrefix), !known.contains(name) else { return nil }
            let ends = allVariables.sorted().map { String($0.dropFirst(variablePrefix.count)) }
            let end = String(name.dropFirst(variablePrefix.count))
            return (name, nearest(to: end, among: ends).map { variablePrefix + $0 })
        }.sorted { $0.name < $1.name }
    }

    private static let variablePrefix = "MESSAGE_CENTER_"
    /// Those that tests set.
    private static let ownVariables = ["MESSAGE_CENTER_KILL_AT", "MESSAGE_CENTER_HANG_AT"]

    /// Only what some option asks for is read.
    private static var allVariables: Set<String> {
        Set(commands.flatMap { $0.options.compactMap(\.environment) })
    }
}
