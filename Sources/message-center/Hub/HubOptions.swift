/// The options of every command that talks to a hub.
enum HubOptions {
    static let hub = Option(
        "hub", .text("URL"), default: "http://127.0.0.1:8088",
        environment: "MESSAGE_CENTER_URL", "where the hub is")
    static let token = Option(
        optional: "token", .text("TOKEN"), environment: "MESSAGE_CENTER_TOKEN",
        "who is asking; others on this machine can see a command line, so rather use the "
            + "environment or --token-file")
    static let tokenFile = Option(
        optional: "token-file", .text("FILE"), "read the token from the first line of a file")
    static let json = Flag("json", "print the hub's own JSON instead of a table")
    static let quiet = Flag("quiet", "print nothing but the result")

    /// Where the hub is and who asks: the end of each such command's table.
    static let connection: [any OptionRow] = [hub, token, tokenFile]

    /// The same with `--json` before it.
    static let connectionAndJSON: [any OptionRow] = [json] + connection

    static let wid = Option(
        required: "wid", .integer(warehouseNumbers), "the number of the warehouse")

    /// The token that the options name, if they do.
    static func token(
        _ arguments: Arguments, _ token: Option<String?> = token,
        _ tokenFile: Option<String?> = tokenFile
    ) throws -> String? {
        guard let path = arguments[tokenFile] else { return arguments[token] }
        guard arguments.given[token.name] == nil else {
            throw UsageError("--token and --token-file do not go together")
        }
        let text = String(
            decoding: try ByteStream.readAll(path: path, limit: 1 << 16), as: UTF8.self)
        guard let line = text.split(whereSeparator: \.isNewline).first else {
            throw ByteStream.Failure(path, "no token in it")
        }
        return line.split(whereSeparator: \.isWhitespace).first.map(String.init)
    }
}
