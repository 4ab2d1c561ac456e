import Wire

extension Command {
    static let commit = Command(
        name: "commit",
        summary: "tell the hub that a warehouse has done its messages up to an index",
        details: """
            The index to commit is the 'next' of a page that was pulled. What is committed is
            never handed out again, unless somebody seeks back.
            """,
        options: [HubOptions.wid, Commit.index, Commit.session] + HubOptions.connectionAndJSON,
        run: Commit.run)
}

private enum Commit {
    static let index = Option(
        required: "index", .integer(indexes), "everything up to and including it is done")
    static let session = Option(
        optional: "session", .text("NAME"), "the session that pulled, where it named one")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        var body = JSONObject()
        body.add("index", arguments[index])
        body.add("session", arguments[session])
        let wid = arguments[HubOptions.wid]
        let answer = try HubConnection(arguments).post("/v1/warehouses/\(wid)/commit", body)
        if arguments[HubOptions.json] {
            answer.printAsItCame()
        } else {
            let committed = try answer.json()["committed"]?.cell ?? "?"
            Console.print("warehouse \(wid) has committed up to \(committed)")
        }
        return .done
    }
}
