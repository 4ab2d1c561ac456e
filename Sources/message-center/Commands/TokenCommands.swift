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
            options: [Tokens.role, Tokens.name, Tokens.topics, Tokens.wids, Tokens.data],
            run: Tokens.create)
        static let list = Command(
            name: "token list", summary: "show who has a token and what it is good for",
            options: [Tokens.data, Tokens.json], run: Tokens.list)
        static let revoke = Command(
            name: "token revoke", summary: "make a token worthless",
            options: [Tokens.data],
            operands: [Operand(placeholder: "NUMBER", help: "the token's number in the list")],
            run: Tokens.revoke)
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
    static let data = Option(
        "data", .text("DIR"), default: "./data", environment: "MESSAGE_CENTER_DATA",
        "the hub's data folder")
    static let json = Flag("json", "print JSON instead of a table")

    static func create(_ arguments: Arguments) throws -> ExitStatus {
        try check(arguments)
        let folder = arguments[data]
        // Tokens come before the first start where the hub is not to listen on loopback only.
        let isNew = mkdir(folder, 0o700) == 0
        guard isNew || errno == EEXIST else {
            throw ByteStream.Failure(folder, Errno(errno).description)
        }
        let token = try TokenFile(data: folder).create(
            name: arguments[name], role: TokenFile.Role(rawValue: arguments[role])!,
            topics: arguments[topics] ?? [], wids: numbers(arguments).map(UInt32.init),
            now: WallClock().nowMilliseconds())
        Console.print(token)
        Console.note("Keep it: it is stored hashed, and cannot be shown again.")
        Console.note("It is for the hub on \(whole(folder))\(isNew ? ", a folder made now" : "").")
        return .done
    }

    /// The folder from the root on: `./data` is another one wherever one stands.
    private static func whole(_ folder: String) -> String {
        guard let path = realpath(folder, nil) else { return folder }
        defer { free(path) }
        return String(cString: path)
    }

    /// The file of a folder that is there; nobody who looks or revokes means to make one.
    private static func tokens(_ folder: String) throws -> TokenFile {
        guard access(folder, F_OK) == 0 else {
            throw ByteStream.Failure(
                folder, "there is no such folder: --data names the one the hub runs on")
        }
        return try TokenFile(data: folder)
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
            Console.note("no token is defined: the hub is open, and listens on loopback only")
        } else {
            RecordView.table(entries).forEach(Console.print)
        }
        return .done
    }

    private static func record(_ entry: TokenFile.Entry) -> JSONValue {
        var created = ByteBuffer(capacity: 32)
        created.append(timestampMilliseconds: entry.created)
        return [
            "number": .number(String(entry.number)), "name": .text(entry.name),
            "role": .text(entry.role.rawValue), "scope": .text(entry.scope),
            "created": .text(created.bytes.text(in: 0..<created.count)),
        ]
    }

    static func revoke(_ arguments: Arguments) throws -> ExitStatus {
        guard let number = Int64(arguments.operands[0]) else {
            throw UsageError("NUMBER is the token's number in 'token list'")
        }
        let file = try tokens(arguments[data])
        guard try file.revoke(number) else {
            Console.note("there is no token \(number): 'token list' shows them")
            return .failed
        }
        Console.print("token \(number) is worth nothing any more")
        if try file.list().isEmpty {
            Console.note(
                "No token is left: a hub on loopback is open again, one that listens beyond lets "
                    + "nobody in.")
        }
        return .done
    }
}
