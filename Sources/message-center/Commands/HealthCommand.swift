import Glibc
import MessageCenterClient

extension Command {
    static let health = Command(
        name: "health", summary: "tell whether a hub is ready",
        details: "Ends with 0 if the hub is ready to work, else with 1. Needs no token.",
        options: [Health.wait, HubOptions.quiet] + HubOptions.connection,
        run: Health.run)
}

private enum Health {
    static let wait = Option(
        "wait", .integer(0...3_600, "SECONDS"), default: 0,
        "how long to go on asking until it is")
    static let pause: useconds_t = 100_000

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let hub = try HubConnection(arguments)
        let deadline = ContinuousClock.now + .seconds(arguments[wait])
        while true {
            do {
                _ = try hub.request("GET", "/readyz", timeout: .seconds(3))
                if !arguments[HubOptions.quiet] { Console.print("\(hub.address) is ready") }
                return .done
            } catch {
                if ContinuousClock.now >= deadline {
                    if arguments[HubOptions.quiet] { return .failed }
                    throw error
                }
            }
            usleep(pause)
        }
    }
}
