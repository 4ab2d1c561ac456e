import Backup
import Glibc
import Hub
import HubServer
import Platform
import Wire

extension Command {
    /// Copies of a hub's data. Made from the data folder, whether or not a hub runs on it.
    enum backup {
        static let make = Command(
            name: "backup", summary: "copy a hub's data while it runs",
            details: """
                The copy is the hub at one moment: every message acknowledged before, positions,
                tokens. It is checked as it is written, and has its name only when it is complete
                and on disk; until then it is DIR.partial. It runs at the lowest priority. While
                it copies, the hub's write-ahead log grows.

                  message-center backup --data ./data --to ./backups/2026-11-20
                  message-center backup verify ./backups/2026-11-20
                  message-center restore --from ./backups/2026-11-20 --data ./restored
                """,
            options: [
                Backups.data, Backups.to, Backups.withArchive, Backups.archive, HubOptions.quiet,
                Backups.json,
            ],
            run: Backups.make)
        static let verify = Command(
            name: "backup verify", summary: "check that a backup is whole",
            details: """
                Reads every byte, and checks that the messages are all there and agree. Ends with 0
                if it can be restored; else it names the file, and what is wrong, and ends with 1.
                """,
            options: [HubOptions.quiet, Backups.json],
            operands: [Operand(placeholder: "DIR", help: "the folder of the backup")],
            run: Backups.verify)
        static let restore = Command(
            name: "restore", summary: "make a data folder of a backup",
            details: """
                Checks the backup first, and refuses one that is not whole. The restored hub has a
                name of its own and remembers which hub it was: clients whose position is within
                the backup go on by themselves, those that are ahead of it are told.

                  message-center restore --from ./backups/2026-11-20 --data ./restored
                  message-center serve --data ./restored
                """,
            options: [Backups.from, Backups.newData, HubOptions.quiet, Backups.json],
            run: Backups.restore)
    }
}

private enum Backups {
    static let data = Option(
        "data", .text("DIR"), default: "./data", environment: "MESSAGE_CENTER_DATA",
        "the hub's data folder")
    static let newData = Option(
        "data", .text("DIR"), default: "./data", environment: "MESSAGE_CENTER_DATA",
        "the data folder to make: new, or empty")
    static let to = Option(required: "to", .text("DIR"), "the backup to make: new, or empty")
    static let from = Option(required: "from", .text("DIR"), "the backup")
    static let withArchive = Flag("with-archive", "copy the archive files too")
    static let archive = Option(
        optional: "archive", .text("DIR"),
        "where the archive files are, if not in the data folder's 'archive'")
    static let json = Flag("json", "print JSON instead of a sentence")

    static func make(_ arguments: Arguments) throws -> ExitStatus {
        guard arguments[withArchive] || !arguments.has(archive) else {
            throw UsageError("--archive is only for --with-archive")
        }
        let began = begin()
        let bar = StepBar(quiet: arguments[HubOptions.quiet])
        defer { bar.finish() }
        let folder = arguments[archive] ?? arguments[data] + "/archive"
        let manifest = try Backup(
            data: arguments[data], archive: arguments[withArchive] ? folder : nil,
            progress: bar.show
        ).make(
            at: arguments[to], program: programVersion, now: WallClock().nowMilliseconds())
        bar.finish()
        tell(
            manifest.json, arguments,
            """
            \(arguments[to]): hub \(manifest.hub) up to message \(grouped(Int(manifest.head))), \
            \(grouped(Int(manifest.length))) bytes, in \(span(seconds: seconds(since: began)))
            """)
        return .done
    }

    static func verify(_ arguments: Arguments) throws -> ExitStatus {
        let began = begin()
        let bar = StepBar(quiet: arguments[HubOptions.quiet])
        defer { bar.finish() }
        let folder = arguments.operands[0]
        let manifest = try BackupVerification(folder: folder, progress: bar.show).run()
        bar.finish()
        tell(
            manifest.json, arguments,
            """
            \(folder) is whole: hub \(manifest.hub) up to message \
            \(grouped(Int(manifest.head))), \(grouped(Int(manifest.length))) bytes, read in \
            \(span(seconds: seconds(since: began)))
            """)
        return .done
    }

    static func restore(_ arguments: Arguments) throws -> ExitStatus {
        _ = begin()
        let bar = StepBar(quiet: arguments[HubOptions.quiet])
        defer { bar.finish() }
        let restored = try Restore(backup: arguments[from], progress: bar.show).run(
            into: arguments[newData], identity: Server.newIdentity)
        bar.finish()
        let fork = restored.fork
        let json: JSONValue = [
            "data": .text(arguments[newData]), "hub": .text(restored.hub),
            "restoredFrom": .text(fork.hub), "forkedAt": .number(String(fork.head)),
        ]
        tell(
            json, arguments,
            """
            \(arguments[newData]): hub \(restored.hub), restored from hub \(fork.hub) as it was \
            at message \(grouped(Int(fork.head)))
            """)
        return .done
    }

    /// What is written is for its owner only, and everybody else on this machine goes first.
    private static func begin() -> ContinuousClock.Instant {
        umask(0o077)
        OSThread.letOthersGoFirst()
        return ContinuousClock.now
    }

    private static func seconds(since began: ContinuousClock.Instant) -> Double {
        (ContinuousClock.now - began).inSeconds
    }

    private static func tell(_ json: JSONValue, _ arguments: Arguments, _ sentence: String) {
        Console.print(arguments[self.json] ? json.serialized() : sentence)
    }
}

/// A progress bar for work of several steps, each with an end of its own.
private final class StepBar {
    private let quiet: Bool
    private var step = ""
    private var bar: ProgressBar

    init(quiet: Bool) {
        self.quiet = quiet
        bar = ProgressBar(total: 0, quiet: quiet)
    }

    /// Shows that so much of a step is done.
    func show(_ step: String, _ done: Int64, _ total: Int64) {
        if step != self.step {
            self.step = step
            bar = ProgressBar(total: Int(total), quiet: quiet)
        }
        bar.advance(to: Int(done), note: step)
    }

    func finish() { bar.finish() }
}
