extension Command {
    static let topicList = Command(
        name: "topic list", summary: "show the topics and how much there is of each",
        options: HubOptions.connectionAndJSON, run: listTopics)
}

private func listTopics(_ arguments: Arguments) throws -> ExitStatus {
    let answer = try HubConnection(arguments).get("/v1/topics")
    if arguments[HubOptions.json] {
        answer.printAsItCame()
        return .done
    }
    let rows = try answer.rows("topics")
    if rows.isEmpty { Console.note("nothing was published yet") }
    if !rows.isEmpty { RecordView.table(rows, columns: ["topic"]).forEach(Console.print) }
    return .done
}
