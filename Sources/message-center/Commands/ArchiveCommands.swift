import MessageCenterClient
import Wire

extension Command {
    /// What one does with the archive.
    enum archive {
        static let list = Command(
            name: "archive list", summary: "show the archive's files",
            options: HubOptions.connectionAndJSON, run: Archive.list)
        static let verify = Command(
            name: "archive verify", summary: "read the archive again, and check it",
            details: """
                Names the file, the frame and its messages of whatever is missing, cut, damaged or
                another hub's. The exit status is 1 if anything is. Ctrl-C ends it, and tells
                how far it came; the exit status is 130 then.
                """,
            options: [Archive.file, HubOptions.quiet] + HubOptions.connectionAndJSON,
            run: Archive.verify)
        static let search = Command(
            name: "archive search", summary: "find messages in the store and in the archive",
            details: """
                Newest first. With --json each message is one line. Ctrl-C ends it. The exit status
                is 1 if a part of the archive could not be read.

                  message-center archive search --topic 'SaleOrder_*' --text '"OrderId":"10001"'
                """,
            options: ArchiveOptions.filter + [Archive.limit, Archive.oldest, HubOptions.quiet]
                + HubOptions.connectionAndJSON,
            run: Archive.search)
        static let export = Command(
            name: "archive export", summary: "write messages out, one JSON object a line",
            details: """
                Out of store and archive, oldest first, byte for byte as the hub tells them. A file
                has its name only when it is whole; until then .part stands behind it. Ctrl-C ends
                it.

                  message-center archive export --from 2026-11-01T00:00:00Z --output november.jsonl
                """,
            options: ArchiveOptions.filter + [Archive.output, HubOptions.quiet]
                + HubOptions.connection,
            run: Archive.export)
        static let replay = Command.archiveReplay
        static let prune = Command.archivePrune
    }
}

private enum Archive {
    static let file = Option(optional: "file", .text("NAME"), "only this file")
    static let limit = Option("limit", .integer(1...1_000_000), default: 20, "messages at most")
    static let oldest = Flag("oldest", "the oldest first")
    static let output = Option(
        optional: "output", .text("FILE"), "where to, if not to standard output")

    // MARK: List

    /// What fits on a screen; the rest is in `--json`.
    static let columns = [
        "name", "first", "last", "messages", "bytes", "ratio", "state", "verified",
    ]

    static func list(_ arguments: Arguments) throws -> ExitStatus {
        let archive = try all(HubConnection(arguments))
        if arguments[HubOptions.json] {
            Console.print(archive.serialized())
            return .done
        }
        let files = archive["files"]?.elements ?? []
        guard !files.isEmpty else {
            Console.note("nothing is in the archive yet")
            return .done
        }
        RecordView.table(files, columns: columns, only: true).forEach(Console.print)
        let (messages, bytes) = (archive["messages"]?.integer, archive["bytes"]?.integer)
        Console.note(
            "\(grouped(messages ?? 0)) messages up to index \(archive["border"]?.cell ?? "?") in "
                + "\(grouped(bytes ?? 0)) bytes, \(archive["ratio"]?.cell ?? "?") times smaller "
                + "than their lines")
        return .done
    }

    /// The list with the files of all its pages.
    private static func all(_ hub: HubConnection) throws -> JSONValue {
        var (archive, files): (JSONValue, [JSONValue]) = (.null, [])
        var token: String?
        repeat {
            let page = try hub.get(
                "/v1/archive?limit=1000" + (token.map { "&pageToken=\($0)" } ?? ""))
            archive = try page.json()
            files += try page.rows("files")
            token = archive["nextPageToken"]?.text
        } while token != nil
        return .object(
            (archive.members ?? []).filter { $0.name != "nextPageToken" }.map {
                $0.name == "files" ? .init("files", .array(files)) : $0
            })
    }

    // MARK: Verify

    static func verify(_ arguments: Arguments) throws -> ExitStatus {
        let work = SlicedWork(
            hub: try HubConnection(arguments), isQuiet: arguments[HubOptions.quiet])
        var (frames, messages, bytes) = (0, 0, 0)
        var damages: [JSONValue] = []
        let isWhole = try work.run { token in
            var body = JSONObject()
            body.add("file", arguments[file])
            body.add("pageToken", token)
            return try work.hub.post("/v1/archive/verify", body)
        } _: { _, content in
            let verified = content["verified"]
            frames += verified?["frames"]?.integer ?? 0
            messages += verified?["messages"]?.integer ?? 0
            bytes += verified?["bytes"]?.integer ?? 0
            damages += content["damages"]?.elements ?? []
            return "\(grouped(frames)) frames" + (damages.isEmpty ? "" : ", \(found(damages))")
        }
        if arguments[HubOptions.json] {
            let verified: JSONValue = [
                "frames": .number("\(frames)"), "messages": .number("\(messages)"),
                "bytes": .number("\(bytes)"),
            ]
            Console.print(
                JSONValue.object([
                    .init("verified", verified), .init("damages", .array(damages)),
                ]).serialized())
        } else {
            damages.forEach { Console.print(describe($0)) }
            Console.note(
                "\(grouped(frames)) frames with \(grouped(messages)) messages are sound"
                    + (damages.isEmpty ? "" : "; \(found(damages))"))
        }
        guard isWhole else { return cancelled("the rest was not looked at") }
        return damages.isEmpty ? .done : .failed
    }

    private static func cancelled(_ what: String) -> ExitStatus {
        Console.note("cancelled: \(what)")
        return .cancelled
    }

    private static func found(_ damages: [JSONValue]) -> String {
        damages.count == 1 ? "1 damage" : "\(grouped(damages.count)) damages"
    }

    private static func describe(_ damage: JSONValue) -> String {
        let (first, last) = (damage["first"]?.cell ?? "?", damage["last"]?.cell ?? "?")
        let (offset, length) = (damage["offset"]?.cell ?? "?", damage["length"]?.cell ?? "?")
        return fit(
            "\(damage["kind"]?.cell ?? "?")  \(damage["file"]?.cell ?? "?")  messages \(first) to "
                + "\(last)  \(length) bytes from \(offset) on  \(damage["detail"]?.cell ?? "")")
    }

    // MARK: Search

    static func search(_ arguments: Arguments) throws -> ExitStatus {
        let search = try MessageSearch(arguments, order: arguments[oldest] ? "oldest" : "newest")
        var unreadable = UnreadableStretches()
        var messages: [JSONValue] = []
        let isWhole = try search.run(limit: arguments[limit], &unreadable) { message in
            if arguments[HubOptions.json] {
                Console.print(bytes: message)
            } else {
                messages.append(try JSONValue.parse(message))
            }
            return true
        }
        if !messages.isEmpty { MessageTable.lines(messages).forEach(Console.print) }
        if messages.isEmpty, !arguments[HubOptions.json] { Console.note("nothing was found") }
        let status = unreadable.report()
        return isWhole ? status : cancelled("that is what was found so far")
    }

    // MARK: Export

    static func export(_ arguments: Arguments) throws -> ExitStatus {
        let search = try MessageSearch(arguments, order: "oldest")
        let file = try arguments[output].map { path throws in try PartFile(path) }
        var unreadable = UnreadableStretches()
        var count = 0
        let isWhole = try search.run(limit: .max, &unreadable) { message in
            count += 1
            if let file {
                try file.append(message + [0x0A])
            } else {
                Console.print(bytes: message)
            }
            return true
        }
        guard isWhole else {
            file?.discard()
            return cancelled(
                file == nil
                    ? "\(grouped(count)) messages were written, there are more"
                    : "no file was made")
        }
        try file?.finish()
        if !arguments[HubOptions.quiet] { Console.note("\(grouped(count)) messages") }
        return unreadable.report()
    }
}
