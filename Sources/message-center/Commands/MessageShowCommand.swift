import MessageCenterClient

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
        let query = arguments[wid].map { "?wid=\($0)" } ?? ""
        let path = "/v1/messages/\(HTTPTransport.escape(arguments.operands[0]))\(query)"
        try HubConnection(arguments).get(path).show(asJSON: arguments[HubOptions.json])
        return .done
    }
}
