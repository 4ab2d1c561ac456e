import Glibc
import HubServer
import Platform
import Wire

extension Command {
    /// What one does with tokens. Works on the data folder, whether or not a hub runs on it; a
    /// running one notices within a second or so.
    enum token {
        static let create = Command(
            name: "token create", summary: "make a token; it is shown this once",
            details: """
                  message-center token create --role admin --name operator
                  message-center token create --role publisher --name shop --topics 'SaleOrder_*'
                  message-center token create --role warehouse --name north --wids 3,4
                """,
            options: [
                Tokens.role, Tokens.name, Tokens.topics, Tokens.wids, Tokens.expires, Tokens.data,
            ],
            run: Tokens.create)
        static let list = Command(
            name: "token list", summary: "show who has a token and what it is good for",
            options: [Tokens.data, Tokens.json], run: Tokens.list)
        static let rotate = Command(
            name: "token rotate", summary: "replace a token by a new one; both hold for a while",
            details: """
                The new token has the name, role and scope of the old one, and holds as long as that
                one: from its making to its end, as 'token expire' may have changed it. The old one
                goes on for --grace: give the new one to its owner meanwhile, and nothing is ever
                refused. One that has expired has nobody to go on with it: make a new one.

                  message-center token rotate 3 --grace 24h
                """,
            options: [Tokens.grace, Tokens.newExpires, Tokens.data], operands: [Tokens.number],
            run: Tokens.rotate)
        static let expire = Command(
            name: "token expire", summary: "change when a token ends",
            details: "One that 'token rotate' has replaced may end earlier, not later.",
            options: [Tokens.laterExpires, Tokens.data], operands: [Tokens.number],
            run: Tokens.expire)
        static let revoke = Command(
            name: "token revoke", summary: "make a token worthless",
            options: [Tokens.data], operands: [Tokens.number], run: Tokens.revoke)
    }
}

private enum Tokens {
    static let role = Option(
        required: "role", .word(TokenFile.Role.allCases.map(\.rawValue)), "what it is good for")
    static let name = Option(required: "name", .text("NAME"), "whose it is, to know it by later")
    static let topics = Option(
        optional: "topics", .list("A,B_*"), "what a publisher may publish, everything if not said")
    static let wids = Option(
        optional: "wids", .list("N,N"), "which warehouses a warehouse's token speaks for")
    static let expires = Option(
        "expires", .text("WHEN"), default: "never",
        "when it ends: 12h or 90d from now, a day such as 2027-01-31 (at 00:00 UTC), or never")
    static let newExpires = Option(
        optional: "expires", .text("WHEN"),
        "when the new one ends, as with 'token create'; if not said, it holds as long as the old "
            + "one does from its making to its end")
    static let laterExpires = Option(
        required: "expires", .text("WHEN"),
        "when it ends: 12h or 90d from now, a day such as 2027-01-31 (at 00:00 UTC), or never")
    static let grace = Option(
        "grace", .text("TIME"), default: "24h", "how long the old one goes on: 90m, 24h, 7d")
    static let number = Operand(
        placeholder: "NUMBER", help: "the token's number in 'token list'")
    static let data = Option(
        "data", .text("DIR"), default: "./data", environment: "MESSAGE_CENTER_DATA",
        "the hub's data folder")
    static let json = Flag("json", "print JSON instead of a table")

    static func create(_ arguments: Arguments) throws -> ExitStatus {
        try check(arguments)
        let expires = try expiry(arguments[expires])
        let folder = arguments[data]
        keepPrivate()
        // Tokens come before the first start where the hub is not to listen on loopback only.
        let isNew = mkdir(folder, 0o700) == 0
        guard isNew || errno == EEXIST else {
            throw ByteStream.Failure(folder, Errno(errno).description)
        }
        try checkUser(folder)
        try TokenFile(data: folder).create(
            name: arguments[name], role: TokenFile.Role(rawValue: arguments[role])!,
            topics: arguments[topics] ?? [], wids: numbers(arguments).map(UInt32.init),
            expires: expires, by: user, now: now, telling: tell)
        Console.note("Keep it: it is stored hashed, and cannot be shown again.")
        Console.note("It is for the hub on \(whole(folder))\(isNew ? ", a folder made now" : "").")
        return .done
    }

    private static var now: Int64 { WallClock().nowMilliseconds() }

    /// Who works here, for the audit: the operating system's name; getpwuid(3).
    private static var user: String { FileOwner.name(of: getuid()) }

    /// What is written here is for the hub's own user, as what the hub writes.
    private static func keepPrivate() { umask(0o077) }

    /// The hub has to write what is written here: that is for its user to do, or for root. Where
    /// the folder is root's, as a volume that others may write, that user is not known.
    private static func checkUser(_ folder: String) throws {
        let (owner, present) = (try FileOwner(of: folder), FileOwner.present)
        guard !present.isRoot, !owner.isRoot, owner.user != present.user else { return }
        throw ByteStream.Failure(
            folder,
            "it belongs to \(owner.name): do this as that user, such as with sudo -u \(owner.name)")
    }

    /// Shows a token, this once; if it cannot be shown, it must not be kept either.
    private static func tell(_ token: String) throws {
        do throws(Errno) {
            try Console.give(token)
        } catch {
            throw ByteStream.Failure(
                "standard output", "\(error): the token cannot be shown, so none was made")
        }
    }

    private static func expiry(_ text: String) throws -> Expiry {
        guard let expiry = Expiry(text) else {
            throw UsageError("--expires expects \(Expiry.form), not '\(text)'")
        }
        return expiry
    }

    private static func number(_ arguments: Arguments) throws -> Int64 {
        guard let number = Int64(arguments.operands[0]) else {
            throw UsageError("NUMBER is the token's number in 'token list'")
        }
        return number
    }

    /// The folder from the root on: `./data` is another one wherever one stands.
    private static func whole(_ folder: String) -> String {
        guard let path = realpath(folder, nil) else { return folder }
        defer { free(path) }
        return String(cString: path)
    }

    /// The file of a folder that is there; nobody who looks or revokes means to make one.
    private static func tokens(_ folder: String) throws -> TokenFile {
        keepPrivate()
        guard access(folder, F_OK) == 0 else {
            throw ByteStream.Failure(
                folder, "there is no such folder: --data names the one the hub runs on")
        }
        try checkUser(folder)
        guard let file = try TokenFile.existing(in: folder) else {
            throw ByteStream.Failure(
                folder, "no token was ever made here: --data names the folder the hub runs on")
        }
        return file
    }

    private static func numbers(_ arguments: Arguments) -> [Int] {
        (arguments[wids] ?? []).map { Int($0) ?? 0 }
    }

    private static func check(_ arguments: Arguments) throws {
        let role = TokenFile.Role(rawValue: arguments[role])
        var mistakes: [String] = []
        if role == .warehouse, !arguments.has(wids) {
            mistakes.append("--wids N,N is missing: a warehouse's token speaks for some")
        }
        if role != .warehouse, arguments.has(wids) {
            mistakes.append("--wids is only for --role warehouse")
        }
        if role != .publisher, arguments.has(topics) {
            mistakes.append("--topics is only for --role publisher")
        }
        if !numbers(arguments).allSatisfy(warehouseNumbers.contains) {
            mistakes.append("--wids expects numbers from 1 to \(warehouseNumbers.upperBound)")
        }
        guard mistakes.isEmpty else { throw UsageError(mistakes) }
    }

    static func list(_ arguments: Arguments) throws -> ExitStatus {
        let entries = try tokens(arguments[data]).list().map(record)
        if arguments[json] {
            Console.print(JSONValue.array(entries).serialized())
        } else if entries.isEmpty {
            Console.note("no token is defined")
        } else {
            RecordView.table(entries).forEach(Console.print)
        }
        return .done
    }

    private static func record(_ entry: TokenEntry) -> JSONValue {
        [
            "number": .number(String(entry.number)), "name": .text(entry.name),
            "role": .text(entry.role.rawValue), "scope": .text(entry.scope),
            "state": .text(entry.state(now: now).rawValue), "created": time(entry.created),
            "expires": entry.expires.map(time) ?? .null,
            "lastUse": entry.lastUse == 0 ? .null : time(entry.lastUse),
            "successor": entry.successor.map { .number(String($0)) } ?? .null,
        ]
    }

    private static func time(_ milliseconds: Int64) -> JSONValue {
        var text = ByteBuffer(capacity: 32)
        text.append(timestampMilliseconds: milliseconds)
        return .text(text.bytes.text(in: 0..<text.count))
    }

    static func rotate(_ arguments: Arguments) throws -> ExitStatus {
        let number = try number(arguments)
        guard let grace = Quantity.duration(arguments[grace]) else {
            throw UsageError("--grace \(Quantity.durationForm)")
        }
        let made = try tokens(arguments[data]).rotate(
            number, grace: grace, expires: try arguments[newExpires].map(expiry), by: user,
            now: now, telling: tell)
        Console.note("Keep it: it is stored hashed, and cannot be shown again.")
        Console.note(
            "It is token \(made.number), and ends \(end(made.expires)). Token \(number) goes on "
                + "until \(end(made.formerEnds)).")
        return .done
    }

    private static func end(_ time: Int64?) -> String {
        time.flatMap { self.time($0).text } ?? "never"
    }

    static func expire(_ arguments: Arguments) throws -> ExitStatus {
        let number = try number(arguments)
        let expires = try expiry(arguments[laterExpires])
        let file = try tokens(arguments[data])
        guard try file.expire(number, expires, by: user, now: now) else { return missing(number) }
        Console.print("token \(number) ends \(end(try file.entry(number)?.expires))")
        return .done
    }

    static func revoke(_ arguments: Arguments) throws -> ExitStatus {
        let number = try number(arguments)
        let file = try tokens(arguments[data])
        guard try file.revoke(number, by: user, now: now) else { return missing(number) }
        Console.print("token \(number) is worth nothing any more")
        warn(try file.list())
        return .done
    }

    private static func missing(_ number: Int64) -> ExitStatus {
        Console.note("there is no token \(number): 'token list' shows them")
        return .failed
    }

    /// Tells what follows where `left` does not let everybody do their work.
    private static func warn(_ left: [TokenEntry]) {
        let valid = left.filter { $0.state(now: now) != .expired }
        if valid.isEmpty {
            Console.note(
                "No token is left that holds: the hub lets nobody in until 'token create' makes "
                    + "one. A hub that had tokens is never open again, also not on loopback.")
        } else if !valid.contains(where: { $0.role == .admin }) {
            Console.note(
                "No admin's token is left that holds: nobody can sign in or operate the hub until "
                    + "'token create --role admin' makes one. Publishers and warehouses go on.")
        }
    }
}
