import Foundation
import Platform
import TestSupport
import Testing
import Wire

/// A hub that cannot start says why and what to do, ends with 1, and has changed nothing.
@Suite("Failures: the start")
struct FailureStartTests {
    private func serve(
        _ data: String, listen: String = "127.0.0.1:0", wrapper: [String] = []
    ) throws -> ProgramExit {
        try ProgramExit(["serve", "--listen", listen, "--data", data], wrapper: wrapper)
    }

    @Test(
        "A file that is no database is named, and left as it is",
        arguments: [
            String(repeating: "This is a diary, not a database. ", count: 500), "short", "\0",
            "SQLite format 3\0 but nothing else of it",
        ])
    func garbage(content: String) throws {
        let folder = try TemporaryFolder()
        let file = URL(filePath: folder.path + "/hub.db")
        try Data(content.utf8).write(to: file)
        let exit = try serve(folder.path)
        #expect(exit.status == 1)
        #expect(exit.errors.contains("hub.db"), "\(exit.errors)")
        #expect(exit.errors.contains("damaged"), "\(exit.errors)")
        #expect(exit.errors.contains("Nothing was changed"), "\(exit.errors)")
        #expect(try Data(contentsOf: file) == Data(content.utf8))
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(left.filter { $0.hasPrefix("hub.db") } == ["hub.db"])
    }

    @Test("The database of a later program is named, and left as it is")
    func later() throws {
        let folder = try TemporaryFolder()
        let first = try HubProcess(folder: folder)
        #expect(try first.client().publish(wid: 0).status == 201)
        try first.stop()
        let sqlite = Process()
        sqlite.executableURL = URL(filePath: "/usr/bin/sqlite3")
        sqlite.arguments = [folder.path + "/hub.db", "PRAGMA user_version=99"]
        try sqlite.run()
        sqlite.waitUntilExit()
        let exit = try serve(folder.path)
        #expect(exit.status == 1)
        #expect(exit.errors.contains("99"), "\(exit.errors)")
        #expect(exit.errors.contains("newer program"), "\(exit.errors)")
    }

    @Test("The database of another program is named, and left as it is")
    func foreign() throws {
        let folder = try TemporaryFolder()
        let sqlite = Process()
        sqlite.executableURL = URL(filePath: "/usr/bin/sqlite3")
        sqlite.arguments = [folder.path + "/hub.db", "CREATE TABLE books(title)"]
        try sqlite.run()
        sqlite.waitUntilExit()
        let before = try RawFile.bytes(folder.path + "/hub.db")
        let exit = try serve(folder.path)
        #expect(exit.status == 1)
        #expect(exit.errors.contains("hub.db is a database of another program"), "\(exit.errors)")
        #expect(exit.errors.contains("move it elsewhere"), "\(exit.errors)")
        #expect(try RawFile.bytes(folder.path + "/hub.db") == before)
    }

    @Test("A second hub on the same data names the first, which goes on unharmed")
    func second() throws {
        let hub = try HubProcess()
        let client = try hub.client()
        #expect(try client.publish(wid: 0).status == 201)
        let exit = try serve(hub.folder.path)
        #expect(exit.status == 1)
        #expect(exit.errors.contains("process \(hub.processID)"), "\(exit.errors)")
        #expect(exit.errors.contains(hub.folder.path), "\(exit.errors)")
        #expect(exit.errors.contains("--data"), "\(exit.errors)")
        #expect(try client.publish(wid: 0)["index"].integer == 2)
        #expect(try hub.stop().status == 0)
        let next = try HubProcess(folder: hub.folder)
        #expect(try next.client().publish(wid: 0)["index"].integer == 3)
    }

    @Test("A port in use is named, whether a hub has it or another program")
    func port() throws {
        let hub = try HubProcess()
        let listener = try Listener(Endpoint("127.0.0.1:0"))
        for taken in [hub.endpoint, listener.localEndpoint] {
            let folder = try TemporaryFolder()
            let exit = try serve(folder.path, listen: taken.description)
            #expect(exit.status == 1)
            #expect(exit.errors.contains("\(taken) is in use"), "\(exit.errors)")
            #expect(exit.errors.contains("--listen"), "\(exit.errors)")
        }
        #expect(try hub.client().get("/healthz").status == 200)
    }

    @Test("A data folder that cannot be made or written is named")
    func folder() throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/file"
        try Data().write(to: URL(filePath: file))
        let inFile = try serve(file + "/data")
        #expect(inFile.status == 1)
        #expect(inFile.errors.contains(file), "\(inFile.errors)")

        let closed = folder.path + "/closed"
        try FileManager.default.createDirectory(
            atPath: closed, withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o555])
        // Root may write anywhere: then as nobody, if the program can be reached by it.
        let wrapper = getuid() == 0 ? ["setpriv", "--reuid=65534", "--clear-groups"] : []
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
        guard try ProgramExit(["version"], wrapper: wrapper).status == 0 else { return }
        let readOnly = try serve(closed, wrapper: wrapper)
        #expect(readOnly.status == 1)
        #expect(readOnly.errors.contains(closed), "\(readOnly.errors)")
        #expect(readOnly.errors.contains("ermission"), "\(readOnly.errors)")
    }

    @Test("An open hub does not listen beyond this machine")
    func open() throws {
        let folder = try TemporaryFolder()
        let exit = try serve(folder.path, listen: "0.0.0.0:0")
        #expect(exit.status == 1)
        #expect(exit.errors.contains("token create"), "\(exit.errors)")
    }

    @Test("A database held by another program is named")
    func held() throws {
        let folder = try TemporaryFolder()
        try HubProcess(folder: folder).stop()
        let holder = try DatabaseHolder(folder.path + "/hub.db")
        let exit = try serve(folder.path)
        #expect(exit.status == 1)
        #expect(exit.errors.contains("another program holds"), "\(exit.errors)")
        holder.letGo()
        let hub = try HubProcess(folder: folder)
        #expect(try hub.client().get("/readyz").status == 200)
    }

    @Test("A flag goes over the environment, the environment over the file")
    func precedence() throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/hub.json"
        try Data(#"{"log-level":"loud","loops":"0","legacy-zone":"x"}"#.utf8).write(
            to: URL(filePath: file))
        let environment = ["MESSAGE_CENTER_LOOPS": "none", "MESSAGE_CENTER_LEGACY_ZONE": "y"]
        let words = ["serve", "--check", "--config", file]
        let wrong = try ProgramExit(words + ["--legacy-zone", "z"], environment: environment)
        // Every mistake at once, each with the place that counts.
        #expect(wrong.status == 2)
        for place in [
            "--legacy-zone: \"z\"", "MESSAGE_CENTER_LOOPS: \"none\"",
            "\"log-level\" in \(file): \"loud\"",
        ] {
            #expect(wrong.errors.contains(place), "\(place) in \(wrong.errors)")
        }
        let right = try ProgramExit(
            words + ["--legacy-zone", "+01:00", "--loops", "1", "--log-level", "info"],
            environment: environment)
        #expect(right.status == 0, "\(right.errors)")
    }
}
