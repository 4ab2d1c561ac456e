import MessageCenterClient
import Wire

extension Command {
    static let messageShow = Command(
        name: "message show", summary: "show one message and who has done it",
        options: [MessageShow.wid] + HubOptions.connectionAndJSON,
        operands: [Operand(placeholder: "ID", help: "the message's id or its index")],
        run: MessageShow.run)
}

private enum MessageShow {
    static let wid = Option(
        optional: "wid", .integer(warehouseNumbers), "only this warehouse's part of its journey")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let name = arguments.operands[0]
        guard isName(name) else {
            throw UsageError("ID is a message's id or its index, not '\(name)'")
        }
        let query = arguments[wid].map { "?wid=\($0)" } ?? ""
        let path = "/v1/messages/\(HTTPTransport.escape(name))\(query)"
        let answer = try HubConnection(arguments).get(path)
        if arguments[HubOptions.json] {
            answer.printAsItCame()
        } else {
            show(try answer.json())
        }
        return .done
    }

    /// A number, or a UUID in its text form (RFC 9562, section 4).
    private static func isName(_ text: String) -> Bool {
        if let index = Int(text) { return indexes.contains(index) }
        return text.utf8.count == 36 && text.allSatisfy { $0 == "-" || $0.isHexDigit }
    }

    /// The page's own members are not the message's.
    private static func show(_ answer: JSONValue) {
        let members = (answer.members ?? []).filter { $0.name != "nextPageToken" }
        RecordView.lines(.object(members)).forEach(Console.print)
        if answer["nextPageToken"]?.text != nil {
            Console.note("and more warehouses: --wid N shows one, --json how to ask for the rest")
        }
    }
}
