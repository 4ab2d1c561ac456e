import TestSupport
import Testing
import Wire

@testable import message_center

@Suite("The program")
struct ProgramTests {
    @Test("explains each of its commands", arguments: Program.commands.map(\.name))
    func help(name: String) throws {
        let words = name.split(separator: " ").map(String.init)
        let run = try ProgramRun(words + ["--help"])
        #expect(run.status == 0)
        #expect(run.errors.isEmpty)
        #expect(run.output.hasPrefix("message-center \(name): "))
        let command = try #require(Program.commands.first { $0.name == name })
        for row in command.allOptions { #expect(run.output.contains("--\(row.name)")) }
        for line in run.output.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
        #expect(try ProgramRun(["help"] + words).output == run.output)
    }

    @Test("has a summary of every command in its overview, and no option twice in a table")
    func overview() throws {
        let run = try ProgramRun(["--help"])
        #expect(run.status == 0)
        for command in Program.commands {
            #expect(run.output.contains(command.name))
            #expect(!command.summary.isEmpty)
            let names = command.allOptions.map(\.name)
            #expect(Set(names).count == names.count, "\(command.name)")
        }
    }

    @Test(
        "ends with 2, and says why, where the command line is wrong",
        arguments: [
            ([], "Usage:"),
            (["publsh"], "did you mean 'publish'?"),
            (["warehouse"], "warehouse seek"),
            (["warehouse", "sek"], "did you mean 'warehouse seek'?"),
            (["pull"], "--wid N is missing"),
            (["consume"], "--config FILE is missing"),
            (["data-api", "--database", "x"], "--config FILE is missing"),
            (["demo", "shp"], "did you mean 'demo shop'?"),
            (["pull", "--wid", "0"], "--wid expects"),
            (["pull", "--wid", "1", "--after", "3", "--autocommit"], "do not go together"),
            (["publish", "--topic", "A_B", "--wid", "1", "--body", "{x"], "no JSON"),
            (["publish", "--sample", "--topic", "A_B"], "does not go together with --sample"),
            (["warehouse", "seek", "--wid", "1", "--to", "0"], "--yes"),
            (["token", "create", "--role", "warehouse", "--name", "n"], "--wids N,N is missing"),
            (["token", "create", "--role", "boss", "--name", "n"], "expects one of"),
            (["serve", "--check", "--listen", "nowhere"], "--listen"),
            (["tail", "--wid", "1", "--from", "yesterday"], "--from expects an index, an id"),
            (["pull", "--wid", "1", "--start", "Latest"], "--start expects an index, an id"),
            (["message", "show", "abc"], "ID is a message's id or its index, not 'abc'"),
            (["topic", "list", "--token", "t", "--token-file", "f"], "do not go together"),
            (["serve", "--check", "--listen", "h"], "--listen: \"h\" has no port; write"),
            (["bench", "--hub", "https://h"], "plain http"),
        ] as [([String], String)])
    func usage(words: [String], expected: String) throws {
        let run = try ProgramRun(words)
        #expect(run.status == 2)
        #expect(run.errors.contains(expected), "\(run.errors)")
        #expect(run.output.isEmpty)
    }

    @Test("tells its version")
    func version() throws {
        #expect(try ProgramRun(["version"]).output == "message-center \(programVersion)\n")
        #expect(try ProgramRun(["--version"]).status == 0)
    }

    @Test("ends with 1 and a hint where there is no hub")
    func nobody() throws {
        let run = try ProgramRun(
            ["warehouse", "list"], environment: ["MESSAGE_CENTER_URL": "http://127.0.0.1:1"])
        #expect(run.status == 1)
        #expect(run.errors.contains("is a hub running?"))
    }

    @Test(
        "refuses an address that cannot be a hub's",
        arguments: [
            "127.0.0.1:8088", "ftp://h", "http://", "http://u:p@h", "http://h/?q", "http://h:99999",
        ])
    func address(url: String) throws {
        let run = try ProgramRun(["health", "--hub", url])
        #expect(run.status == 1)
        #expect(run.errors.contains("cannot be the hub's address"), "\(run.errors)")
    }

    @Test("checks a configuration without running it")
    func check() throws {
        let run = try ProgramRun(["serve", "--check", "--loops", "2"])
        #expect(run.status == 0)
        #expect(run.output == "the configuration is good\n")
    }

    @Test("tells the mistakes of flags, environment and file at once")
    func allMistakes() throws {
        let file = try TemporaryFile(#"{"log-formt":"json","legacy-zone":"8"}"#)
        let run = try ProgramRun(
            ["serve", "--check", "--config", file.path, "--listen", "x"],
            environment: ["MESSAGE_CENTER_LOOPS": "none"])
        #expect(run.status == 2)
        for part in ["--listen", "MESSAGE_CENTER_LOOPS", "log-formt", "legacy-zone"] {
            #expect(run.errors.contains(part), "\(part) in \(run.errors)")
        }
    }

    @Test("tells of a configuration file that cannot be read, and all else that is wrong")
    func unreadableFile() throws {
        let run = try ProgramRun(["serve", "--check", "--config", "/none", "--loops", "0"])
        #expect(run.status == 2)
        #expect(run.errors.contains("the configuration file /none: no such file"))
        #expect(run.errors.contains("--loops"))
    }

    @Test(
        "makes no folder for tokens that are only looked at",
        arguments: [["list"], ["revoke", "1"]])
    func noFolder(words: [String]) throws {
        let folder = try TemporaryFolder()
        let data = folder.path + "/none"
        let run = try ProgramRun(["token"] + words + ["--data", data])
        #expect(run.status == 1)
        #expect(run.errors.contains("\(data): there is no such folder"), "\(run.errors)")
    }

    @Test("makes tokens, lists them without showing them, and takes them back")
    func tokens() throws {
        let folder = try TemporaryFolder()
        func token(_ words: String...) throws -> ProgramRun {
            try ProgramRun(["token"] + words + ["--data", folder.path + "/data"])
        }
        let made = try token("create", "--role", "warehouse", "--name", "north", "--wids", "3,4")
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.errors.contains("the hub on \(folder.path)/data, a folder made now."))
        let secret = made.output.dropLast()
        #expect(secret.count > 40)
        let list = try token("list")
        #expect(list.output.contains("north"))
        #expect(list.output.contains("3,4"))
        #expect(!list.output.contains(secret))
        #expect(try JSONValue.parse(try token("list", "--json").output).elements?.count == 1)
        let revoked = try token("revoke", "1")
        #expect(revoked.status == 0)
        #expect(revoked.errors.contains("No token is left that holds"))
        #expect(try token("revoke", "1").status == 1)
        #expect(try token("list").errors.contains("no token is defined"))
    }

    @Test("tells at its start of variables that are set and mean nothing")
    func unknownVariables() throws {
        let hub = try HubProcess(environment: [
            "MESSAGE_CENTER_LOG_LEVL": "debug", "MESSAGE_CENTER_TOKN": "secret",
            "MESSAGE_CENTER_XYZZY": "1", "MESSAGE_CENTER_URL": "http://127.0.0.1:1",
        ])
        for told in [
            "MESSAGE_CENTER_LOG_LEVL is set, and no setting of that name is known; did you mean "
                + "MESSAGE_CENTER_LOG_LEVEL?",
            "MESSAGE_CENTER_TOKN is set, and no setting of that name is known; did you mean "
                + "MESSAGE_CENTER_TOKEN?",
            "MESSAGE_CENTER_XYZZY is set, and no setting of that name is known\"",
        ] {
            #expect(hub.told.contains(told), "\(hub.told)")
        }
        #expect(!hub.told.contains("MESSAGE_CENTER_URL") && !hub.told.contains("secret"))
    }

    @Test("replaces tokens, changes their ends, and says when nobody can get in any more")
    func tokenLife() throws {
        let folder = try TemporaryFolder()
        func token(_ words: String...) throws -> ProgramRun {
            try ProgramRun(["token"] + words + ["--data", folder.path])
        }
        func list() throws -> [[String]] {
            (try JSONValue.parse(try token("list", "--json").output).elements ?? []).map { entry in
                ["number", "name", "state", "successor"].map { entry[$0]?.serialized() ?? "-" }
            }
        }
        for (words, told) in [
            ("create --role admin --name a --expires soon", "--expires expects a duration"),
            ("create --role admin --name a --expires 2020-01-31", "that time has passed"),
            ("rotate 1 --grace long", "--grace must be a duration"), ("rotate x", "NUMBER is the"),
            ("rotate 7", "there is no token 7"), ("expire 7 --expires 1d", "there is no token 7"),
        ] {
            let run = try ProgramRun(
                ["token"] + words.split(separator: " ").map(String.init)
                    + ["--data", folder.path])
            #expect(run.status != 0 && run.errors.contains(told), "\(words): \(run.errors)")
        }
        #expect(
            try ProgramRun([
                "token", "create", "--role", "admin", "--name", "\u{202E}x", "--data", folder.path,
            ]).errors.contains("visible characters"))
        _ = try token("create", "--role", "admin", "--name", "a", "--expires", "90d")
        _ = try token("create", "--role", "publisher", "--name", "shop")
        let rotated = try token("rotate", "1", "--grace", "2h")
        #expect(rotated.status == 0 && rotated.output.hasPrefix("mc_"), "\(rotated.errors)")
        #expect(rotated.errors.contains("It is token 3, and ends 20"))
        #expect(
            try list() == [
                ["1", "\"a\"", "\"replaced\"", "3"], ["2", "\"shop\"", "\"active\"", "null"],
                ["3", "\"a\"", "\"active\"", "null"],
            ])
        #expect(try token("rotate", "1").errors.contains("rotate that one"))
        #expect(try token("expire", "2", "--expires", "never").output == "token 2 ends never\n")
        #expect(try token("revoke", "3").errors == "", "the former one holds")
        #expect(try token("revoke", "1").errors.contains("No admin's token is left"))
        #expect(try token("revoke", "2").errors.contains("No token is left"))
    }
}
