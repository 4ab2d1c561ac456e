import Glibc
import HubServer
import Platform

extension Command {
    static let serve = Command(
        name: "serve", summary: "run the hub",
        details: """
            Options go over the environment, the environment over the configuration file: a JSON
            object with the options' names, {"listen":"…","log-format":"json"}.
            SIGTERM and Ctrl-C stop the hub after it has answered what it has begun.

            As long as no token was ever defined the hub is open, and listens on loopback only:

              message-center token create --role admin --name operator --data ./data
              message-center serve --listen 0.0.0.0:8088 --data ./data
            """,
        options: Settings.all.map(SettingRow.init) + [Serve.config, Serve.check],
        run: Serve.run)
}

private enum Serve {
    static let config = Option(
        optional: "config", .text("FILE"), environment: "MESSAGE_CENTER_CONFIG",
        "a configuration file")
    static let check = Flag("check", "tell every mistake in the configuration, and do nothing else")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        var configuration = try configuration(arguments)
        configuration.version = programVersion
        if arguments[check] {
            if let mistake = Server.mistake(in: configuration) { throw UsageError(mistake) }
            Console.print("the configuration is good")
            return .done
        }
        try serve(configuration)
        return .done
    }

    private static func serve(_ configuration: Configuration) throws {
        // What the hub writes holds messages and digests: its own user's, nobody else's.
        umask(0o077)
        ProcessMemory.bound()
        // Before any thread starts: they inherit that signals are read here and nowhere else.
        let signals = try Signals()
        let log = Log(
            level: configuration.logLevel, format: configuration.logFormat, clock: WallClock())
        for variable in Program.unknownVariables() {
            let hint = variable.nearest.map { "; did you mean \($0)?" } ?? ""
            log.warning("\(variable.name) is set, and no setting of that name is known\(hint)")
        }
        let service = Service(
            ServiceNotifier(environment: Program.environment(of: ServiceNotifier.variables)),
            log: log)
        let server = try service.start(configuration)
        while true {
            switch try signals.wait(milliseconds: service.patience) {
            case .terminate, .interrupt: return service.stop(server)
            case .hangUp: service.reload(server)
            case nil: break
            }
            service.look(server)
        }
    }

    /// Every setting of the hub, or every mistake in all the places they come from.
    private static func configuration(_ arguments: Arguments) throws -> Configuration {
        var mistakes: [String] = []
        let file = file(arguments[config], &mistakes)
        do throws(Settings.Mistakes) {
            let configuration = try Settings.resolve(
                flags: arguments.given, environment: Program.environment, file: file)
            if mistakes.isEmpty { return configuration }
        } catch {
            mistakes += error.texts
        }
        throw UsageError(mistakes)
    }

    /// The configuration file; one that cannot be read is a mistake among the others.
    private static func file(
        _ path: String?, _ mistakes: inout [String]
    ) -> (name: String, content: [UInt8])? {
        guard let path else { return nil }
        do {
            return (name: path, content: try ByteStream.readAll(path: path, limit: 1 << 20))
        } catch {
            mistakes.append("the configuration file \(error)")
            return nil
        }
    }
}

/// A setting of the hub as an option of the command. Its value is checked where all of them are,
/// with those of the environment and the file.
struct SettingRow: OptionRow {
    private let setting: Settings.Setting

    init(_ setting: Settings.Setting) {
        self.setting = setting
    }

    var name: String { setting.name }
    var placeholder: String? { setting.placeholder }
    var help: String { setting.help }
    var environment: String? { setting.environmentName }
    var isRequired: Bool { false }
    var fallback: String? { setting.standard }
    func mistake(in text: String) -> Mistake? { nil }
}
