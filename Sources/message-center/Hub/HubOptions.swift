import MessageCenterClient

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
    static let authority = Option(
        optional: "tls-authority", .text("FILE"), environment: "MESSAGE_CENTER_TLS_AUTHORITY",
        "PEM file with the authority that vouches for an https hub, if this machine knows none")
    static let certificate = Option(
        optional: "tls-certificate", .text("FILE"), environment: "MESSAGE_CENTER_TLS_CERTIFICATE",
        "PEM file with the certificate to show where the hub asks for one")
    static let key = Option(
        optional: "tls-key", .text("FILE"), environment: "MESSAGE_CENTER_TLS_KEY",
        "PEM file with its private key, if that is not in the certificate's file")
    static let proxy = Option(
        optional: "proxy", .text("URL"), environment: "MESSAGE_CENTER_PROXY",
        "the way to the hub, such as http://10.0.0.1:3128; else http_proxy and its like count")
    static let json = Flag("json", "print the hub's own JSON instead of a table")
    static let quiet = Flag("quiet", "print nothing but the result")

    /// Where the hub is and who asks.
    static let address: [any OptionRow] = [hub, token, tokenFile]

    /// The same, and how it is reached: the end of each such command's table.
    static let connection: [any OptionRow] =
        address + [authority, certificate, key, proxy]

    /// The same with `--json` before it.
    static let connectionAndJSON: [any OptionRow] = [json] + connection

    static let wid = Option(
        required: "wid", .integer(warehouseNumbers), "the number of the warehouse")

    /// Certificates and proxy, as the options name them.
    static func http(_ arguments: Arguments) -> HTTPOptions {
        HTTPOptions(
            certificateAuthority: arguments[authority], clientCertificate: arguments[certificate],
            clientKey: arguments[key], proxy: arguments[proxy])
    }

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
