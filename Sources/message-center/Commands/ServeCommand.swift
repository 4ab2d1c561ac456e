extension Command {
    static let serve = Command(
        name: "serve", summary: "run the hub",
        details: """
            Options go over the environment, the environment over the configuration file: a JSON
            object with the options' names in lower camel case, {"listen":"…","logFormat":"json"}.
            SIGTERM and Ctrl-C stop the hub after it has answered what it has begun.

            While no token is defined the hub is open to everybody, and listens on loopback only:

              message-center token create --role admin --name operator --data ./data
              message-center serve --listen 0.0.0.0:8088 --data ./data
            """,
        options: ServeOptions.all + [Serve.config, Serve.check],
        configuration: Serve.config.name,
        run: Serve.run)
}

private enum Serve {
    static let config = Option(
        optional: "config", .text("FILE"), environment: "MESSAGE_CENTER_CONFIG",
        "a configuration file")
    static let check = Flag("check", "tell every mistake in the configuration, and do nothing else")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let options = ServeOptions(arguments)
        if arguments[check] {
            Console.print("the configuration is good")
            return .done
        }
        // HUB: run the server with `options` until it is told to stop.
        return unconnected("\(options)")
    }
}
