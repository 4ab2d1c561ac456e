import DataAPI
import Platform

extension Command {
    static let dataAPI = Command(
        name: "data-api", summary: "let others read tables of a database over HTTP",
        details: """
            Reads only, and only what the configuration declares: rows by key, by several keys,
            and as pages in the order of their update time.

              GET /v1/products/85123A
              GET /v1/products?ids=85123A,71053
              GET /v1/products?limit=500&after=CURSOR

            docs/data-interface.md tells all of it.
            """,
        options: [
            DataInterface.database, DataInterface.config, DataInterface.listen,
            DataInterface.token, DataInterface.tokenFile, DataInterface.threads,
            DataInterface.connections, DataInterface.check,
        ],
        run: DataInterface.run)
}

private enum DataInterface {
    static let database = Option(
        required: "database", .text("FILE"), "the SQLite database to read")
    static let config = Option(
        required: "config", .text("FILE"), "which tables, keys and columns; JSON")
    static let listen = Option(
        "listen", .text("HOST:PORT"), default: "127.0.0.1:8090", "where to listen")
    static let token = Option(
        optional: "token", .text("TOKEN"), environment: "MESSAGE_CENTER_DATA_TOKEN",
        "what clients have to present; rather use the environment or --token-file")
    static let tokenFile = Option(
        optional: "token-file", .text("FILE"), "read the token from the first line of a file")
    static let threads = Option(
        "threads", .integer(1...64), default: 2, "threads that read, each on its own")
    static let connections = Option(
        "connections", .integer(1...20_000), default: 512, "clients at once; more get 503")
    static let check = Flag("check", "tell every mistake in the configuration, and do nothing else")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let configuration = try ByteStream.readAll(path: arguments[config], limit: 1 << 20)
        if arguments[check] {
            _ = try DataServer.check(
                database: arguments[database], configuration, name: arguments[config])
            Console.print("the configuration is good")
            return .done
        }
        let endpoint: Endpoint
        do throws(Endpoint.Malformed) {
            endpoint = try Endpoint(arguments[listen])
        } catch {
            throw UsageError("--listen: \(error)")
        }
        var limits = DataServer.Limits()
        limits.threads = arguments[threads]
        limits.connections = arguments[connections]
        // Before any thread starts: they inherit that signals are read here and nowhere else.
        let signals = try Signals()
        let server = try DataServer(
            database: arguments[database], configuration: configuration, name: arguments[config],
            listen: endpoint, token: try HubOptions.token(arguments, token, tokenFile),
            limits: limits)
        Console.note("the data interface listens on http://\(server.endpoint)")
        while true {
            switch try signals.wait(milliseconds: -1) {
            case .terminate, .interrupt:
                server.stop()
                return .done
            case .hangUp, nil: continue
            }
        }
    }
}
