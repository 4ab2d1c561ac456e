extension Command {
    /// What one does with tokens. Works on the data directory, whether or not a hub runs on it.
    enum token {
        static let create = Command(
            name: "token create", summary: "make a token; it is shown this once",
            details: """
                  message-center token create --role admin --name operator
                  message-center token create --role publisher --name shop --topics 'SaleOrder_*'
                  message-center token create --role warehouse --name north --wids 3,4
                """,
            options: [
                Tokens.role, Tokens.name, Tokens.topics, Tokens.wids, Tokens.data, Tokens.json,
            ],
            run: Tokens.create)
        static let list = Command(
            name: "token list", summary: "show who has a token and what it is good for",
            options: [Tokens.data, Tokens.json], run: Tokens.list)
        static let revoke = Command(
            name: "token revoke", summary: "make a token worthless at once",
            options: [Tokens.data],
            operands: [Operand(placeholder: "NAME", help: "the token's name")],
            run: Tokens.revoke)
    }
}

/// A token somebody wants.
struct TokenRequest: Sendable, Equatable {
    enum Role: String, CaseIterable, Sendable {
        case publisher, warehouse, admin
    }

    let role: Role
    let name: String
    /// Patterns; empty for every topic. Only a publisher's token has them.
    let topics: [String]
    /// Only a warehouse's token has them.
    let wids: [Int]
}

private enum Tokens {
    static let role = Option(
        required: "role", .word(TokenRequest.Role.allCases.map(\.rawValue)), "what it is good for")
    static let name = Option(required: "name", .text("NAME"), "whose it is, to know it by later")
    static let topics = Option(
        optional: "topics", .list("A,B_*"), "what a publisher may publish, everything if not said")
    static let wids = Option(
        optional: "wids", .list("N,N"), "which warehouses a warehouse's token speaks for")
    static let data = ServeOptions.data
    static let json = Flag("json", "print JSON instead of a table")

    static func create(_ arguments: Arguments) throws -> ExitStatus {
        let request = try request(arguments)
        let directory = arguments[data]
        // HUB: create the token `request` in `directory`, print it.
        return unconnected("\(request) in \(directory)")
    }

    static func list(_ arguments: Arguments) throws -> ExitStatus {
        let directory = arguments[data]
        // HUB: list the tokens in `directory`, as a table or as JSON.
        return unconnected(directory)
    }

    static func revoke(_ arguments: Arguments) throws -> ExitStatus {
        let directory = arguments[data]
        // HUB: revoke the token `arguments.operands[0]` in `directory`.
        return unconnected("\(arguments.operands[0]) in \(directory)")
    }

    private static func request(_ arguments: Arguments) throws -> TokenRequest {
        let role = TokenRequest.Role(rawValue: arguments[role])!
        let numbers = (arguments[wids] ?? []).map { Int($0) ?? 0 }
        var mistakes: [String] = []
        if role == .warehouse, numbers.isEmpty {
            mistakes.append("--wids N,N is missing: a warehouse's token speaks for some")
        }
        if role != .warehouse, arguments.has(wids) {
            mistakes.append("--wids is only for --role warehouse")
        }
        if role != .publisher, arguments.has(topics) {
            mistakes.append("--topics is only for --role publisher")
        }
        if !numbers.allSatisfy(warehouseNumbers.contains) {
            mistakes.append("--wids expects numbers from 1 to \(warehouseNumbers.upperBound)")
        }
        guard mistakes.isEmpty else { throw UsageError(mistakes) }
        return TokenRequest(
            role: role, name: arguments[name], topics: arguments[topics] ?? [], wids: numbers)
    }
}

/// What stands where the hub is not connected yet.
func unconnected(_ what: String) -> ExitStatus {
    Console.note("not connected yet: \(what)")
    return .failed
}
