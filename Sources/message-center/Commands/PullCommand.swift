import Glibc
import Wire

extension Command {
    static let pull = Command(
        name: "pull", summary: "take the next messages of a warehouse",
        details: """
            Shows what comes after the warehouse's committed index, in order. Pulling again shows
            the same messages until they are committed, by 'commit' or by the next pull's --commit.

              message-center pull --wid 3 --limit 5
              message-center pull --wid 3 --commit 1300 --wait 30 --json

            \(positionHelp)
            """,
        options: [
            HubOptions.wid, Pull.limit, Pull.maxBytes, Pull.wait, Pull.commit, Pull.after,
            Pull.topics, Pull.coalesce, Pull.autocommit, Pull.session, Pull.takeOver, Pull.lease,
            Pull.start,
        ] + HubOptions.connectionAndJSON,
        run: Pull.run)
}

private enum Pull {
    static let limit = Option(
        "limit", .integer(1...1_000), default: 100, "messages at most")
    static let maxBytes = Option(
        optional: "max-bytes", .size(1...(16 << 20)), "bytes of messages at most, 1 MiB if not said"
    )
    static let wait = Option(
        "wait", .integer(0...60, "SECONDS"), default: 0,
        "how long to wait where there is nothing yet")
    static let commit = Option(
        optional: "commit", .integer(indexes, "INDEX"), "commit the page before, then pull")
    static let after = Option(
        optional: "after", .integer(indexes, "INDEX"),
        "read ahead: what comes after this index instead of after the committed one")
    static let topics = Option(
        optional: "topics", .list("A,B_*"), "only these topics; * stands for any characters")
    static let coalesce = Option(
        optional: "coalesce", .word(["key", "adjacent", "off"]),
        "of several changes of one key hand out the last")
    static let autocommit = Flag(
        "autocommit", "commit the page before it is answered: each message at most once")
    static let session = Option(
        optional: "session", .text("NAME"),
        "take the line under this name, so that nobody else interleaves")
    static let takeOver = Flag("take-over", "take the line from the session that has it")
    static let lease = Option(
        optional: "lease", .integer(10...3_600, "SECONDS"),
        "how long the session lives without a call, 60 if not said")
    static let start = Option(
        optional: "start", .position, "where the warehouse begins, at its very first pull")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        try check(arguments)
        let path = "/v1/warehouses/\(arguments[HubOptions.wid])/pull"
        let answer = try HubConnection(arguments).post(
            path, body(arguments), wait: arguments[wait])
        if arguments[HubOptions.json] {
            answer.printAsItCame()
        } else {
            show(try answer.json(), arguments)
        }
        return .done
    }

    private static func check(_ arguments: Arguments) throws {
        var mistakes: [String] = []
        if arguments[autocommit], arguments[after] != nil {
            mistakes.append("--autocommit and --after do not go together")
        }
        if arguments[takeOver], arguments[session] == nil {
            mistakes.append("--take-over needs the --session that takes over")
        }
        guard mistakes.isEmpty else { throw UsageError(mistakes) }
    }

    private static func body(_ arguments: Arguments) -> JSONObject {
        var body = JSONObject()
        body.add("limit", arguments[limit])
        body.add("maxBytes", arguments[maxBytes])
        body.add("wait", arguments[wait])
        body.add("commit", arguments[commit])
        body.add("after", arguments[after])
        body.add("topics", arguments[topics])
        if let mode = arguments[coalesce], mode != "off" { body.add("coalesce", mode) }
        body.add("autocommit", set: arguments[autocommit])
        body.add("session", arguments[session])
        body.add("takeOver", set: arguments[takeOver])
        body.add("lease", arguments[lease])
        if let start = arguments[start] { body.add("start", json: start.json) }
        var client = JSONObject()
        client.add("name", HelpText.program)
        client.add("version", programVersion)
        client.add("host", host)
        body.add("client", json: client.text)
        return body
    }

    /// This machine's name; proc(5).
    private static var host: String? {
        let bytes = try? ByteStream.readAll(path: "/proc/sys/kernel/hostname", limit: 256)
        return bytes.map { String(decoding: $0.prefix { $0 != 0x0A }, as: UTF8.self) }
    }

    private static func show(_ page: JSONValue, _ arguments: Arguments) {
        let messages = page["messages"]?.elements ?? []
        if !messages.isEmpty {
            for line in MessageTable.lines(messages) { Console.print(line) }
        }
        Console.note(summary(of: page, count: messages.count))
        // What was read ahead cannot be committed: what lies before it may not be done.
        guard arguments[after] == nil, let next = page["next"]?.integer,
            let committed = page["committed"]?.integer, next > committed
        else { return }
        let occasion = occasion(
            shown: messages.count, filtered: page["count"]?["filtered"]?.integer ?? 0)
        Console.note("\(occasion): \(commitCommand(next, arguments))")
    }

    /// When to commit. A commit also passes over what the filter has left out.
    private static func occasion(shown: Int, filtered: Int) -> String {
        if shown == 0, filtered > 0 { return "to pass over the \(grouped(filtered)) filtered" }
        return filtered > 0
            ? "when they are done, and the \(grouped(filtered)) filtered may be passed over"
            : "when they are done"
    }

    /// The command that commits the page, by the same session at the same hub. A token is not
    /// repeated: it does not belong on the screen.
    private static func commitCommand(_ index: Int, _ arguments: Arguments) -> String {
        var words = ["message-center", "commit", "--wid", "\(arguments[HubOptions.wid])"]
        words += ["--index", "\(index)"]
        for name in [session.name, HubOptions.hub.name, HubOptions.tokenFile.name] {
            if let text = arguments.given[name] { words += ["--\(name)", shellWord(text)] }
        }
        return words.joined(separator: " ")
    }

    private static func summary(of page: JSONValue, count: Int) -> String {
        var parts = [count == 1 ? "1 message" : "\(grouped(count)) messages"]
        for kind in ["filtered", "coalesced"] {
            let number = page["count"]?[kind]?.integer ?? 0
            if number > 0 { parts.append("\(grouped(number)) \(kind)") }
        }
        parts.append("next \(page["next"]?.cell ?? "?")")
        parts.append("committed \(page["committed"]?.cell ?? "?")")
        if let lag = page["lag"]?["messages"]?.integer {
            let seconds = lag > 0 ? page["lag"]?["seconds"]?.double : nil
            let age = seconds.map { ", \(span(seconds: $0))" } ?? ""
            parts.append("lag \(grouped(lag))\(age)")
        }
        if page["more"]?.boolean == true { parts.append("more to come") }
        return parts.joined(separator: "; ")
    }
}
