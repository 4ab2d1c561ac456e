import MessageCenterClient
import Wire

extension Command {
    /// What one does with a warehouse's dead letters, on the machine where it consumes.
    enum deadLetter {
        static let list = Command(
            name: "dead-letter list", summary: "list what a warehouse could not handle",
            details: """
                The dead ones, and those parked behind them, out of the folder in which a consumer
                works. What the hub has been told of all warehouses is at /v1/dead-letters.
                """,
            options: [Letters.folder, Letters.config, Letters.json], run: Letters.list)
        static let show = Command(
            name: "dead-letter show", summary: "show a dead letter and what waits behind it",
            options: [Letters.folder, Letters.config, Letters.json], operands: [Letters.one],
            run: Letters.show)
        static let retry = Command(
            name: "dead-letter retry", summary: "have dead letters tried again",
            details: """
                A running consumer does it within a second or two, between two batches; one that
                does not run does it when it is started next. Those parked behind a dead letter
                follow in order. What a newer message of its key has overtaken is not applied, and
                told as superseded.
                """,
            options: [Letters.folder, Letters.config], operands: [Letters.several],
            run: { try Letters.order(.retry, "will be tried again", $0) })
        static let drop = Command(
            name: "dead-letter drop", summary: "give dead letters up",
            details: "Those parked behind a dropped one go on in order.",
            options: [Letters.folder, Letters.config], operands: [Letters.several],
            run: { try Letters.order(.drop, "will be dropped", $0) })
    }
}

private enum Letters {
    static let folder = Option(
        optional: "folder", .text("DIR"), "the folder in which the consumer works")
    static let config = Option(
        optional: "config", .text("FILE"), "the rules of consume: they say which folder it is")
    static let json = Flag("json", "print one JSON object a line instead of a table")
    static let one = Operand(
        placeholder: "LETTER", help: "its number in the list, or its message's id")
    static let several = Operand(
        placeholder: "LETTERS",
        help: "numbers or ids with commas between them, or 'all' for all dead ones")

    static func list(_ arguments: Arguments) throws -> ExitStatus {
        let letters = try open(arguments).open
        if arguments[json] {
            for letter in letters { Console.print(row(letter, isWhole: true).serialized()) }
            return .done
        }
        guard !letters.isEmpty else {
            Console.note("no dead letters")
            return .done
        }
        let columns = ["n", "state", "topic", "key", "index", "tries", "lastAt", "order", "error"]
        RecordView.table(
            letters.map { row($0, isWhole: false) }, columns: columns, only: true
        ).forEach(Console.print)
        return .done
    }

    static func show(_ arguments: Arguments) throws -> ExitStatus {
        let letters = try open(arguments)
        let letter = try find(arguments.operands[0], in: letters)
        let line = letters.line(of: letter)
        if arguments[json] {
            Console.print(row(letter, isWhole: true).serialized())
            return .done
        }
        RecordView.lines(row(letter, isWhole: true)).forEach(Console.print)
        let behind = line.drop { $0.number != letter.number }.dropFirst()
        guard !behind.isEmpty else { return .done }
        Console.print("\nbehind it:")
        let columns = ["n", "state", "topic", "index", "created"]
        RecordView.table(behind.map { row($0, isWhole: true) }, columns: columns, only: true)
            .forEach { Console.print("  \($0)") }
        return .done
    }

    static func order(
        _ order: DeadLetter.Order, _ done: String, _ arguments: Arguments
    ) throws -> ExitStatus {
        let letters = try open(arguments)
        let name = arguments.operands[0]
        let chosen =
            name == "all"
            ? letters.open.filter { $0.state == .dead }
            : try name.split(separator: ",").map { try find(String($0), in: letters) }
        if order == .retry, let parked = chosen.first(where: { $0.state == .parked }) {
            let first = letters.line(of: parked)[0]
            throw UsageError(
                "\(parked.number) is not dead, it waits behind \(first.number)"
                    + ": retry that, or drop one of the two")
        }
        guard !chosen.isEmpty else {
            Console.note("no dead letters")
            return .done
        }
        try letters.order(order, chosen)
        let numbers = chosen.map { "\($0.number)" }.joined(separator: ", ")
        Console.print("\(numbers) \(done), with the next batch or start of the consumer")
        return .done
    }

    private static func path(_ arguments: Arguments) throws -> String {
        switch (arguments[folder], arguments[config]) {
        case (let folder?, nil): return folder
        case (nil, let file?): return try ConsumeFile(file).folder()
        case (nil, nil): throw UsageError("--folder DIR or --config FILE is missing")
        default: throw UsageError("--folder and --config do not go together")
        }
    }

    private static func open(_ arguments: Arguments) throws -> DeadLetters {
        let letters = try DeadLetters(folder: try path(arguments))
        for flaw in letters.flaws { Console.note("not understood: \(flaw)") }
        return letters
    }

    private static func find(_ name: String, in letters: DeadLetters) throws -> DeadLetter {
        guard let letter = letters.letter(name) else {
            throw UsageError("no dead letter '\(name)'; 'dead-letter list' shows them")
        }
        return letter
    }

    /// - Parameter isWhole: with the message's body, and what a list has no room for.
    private static func row(_ letter: DeadLetter, isWhole: Bool) -> JSONValue {
        let message = letter.message
        var members: [JSONValue.Member] = [
            .init("n", .number("\(letter.number)")), .init("state", .text(letter.state.rawValue)),
            .init("topic", .text(message.topic)), .init("wid", .number("\(message.wid)")),
            .init("key", message.key.map { .text($0) } ?? .null),
            .init("index", .number("\(message.index)")), .init("id", .text(message.id)),
            .init("tries", .number("\(letter.tries)")), .init("firstAt", .text(letter.firstAt)),
            .init("lastAt", .text(letter.lastAt)), .init("created", .text(message.created)),
        ]
        if let order = letter.order { members.append(.init("order", .text(order.rawValue))) }
        if isWhole { members.append(.init("body", (try? .parse(message.body)) ?? .null)) }
        if let error = letter.error { members.append(.init("error", .text(error))) }
        return .object(members)
    }
}
