import Foundation
import HubServer
import TestSupport
import Testing
import Wire

/// What `token` does with files, users and outputs.
@Suite("The commands for tokens") struct TokenCommandTests {
    private let folder: TestSupport.TemporaryFolder
    private let data: String

    init() throws {
        folder = try TestSupport.TemporaryFolder()
        data = folder.path + "/data"
        try FileManager.default.createDirectory(
            atPath: data, withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o755])
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
    }

    private func token(_ words: String..., wrapper: [String] = []) throws -> ProgramExit {
        try ProgramExit(["token"] + words + ["--data", data], wrapper: wrapper)
    }

    /// A shell that runs what follows with this added to its line.
    private func shell(_ rest: String) -> [String] { ["sh", "-c", "\(rest)", "sh"] }

    private func attributes(_ path: String) throws -> (mode: Int, owner: Int) {
        let all = try FileManager.default.attributesOfItem(atPath: path)
        return (all[.posixPermissions] as? Int ?? -1, all[.ownerAccountID] as? Int ?? -1)
    }

    private func numbers() throws -> [Int] {
        let list = try TokenFile.existing(in: data)?.list() ?? []
        return list.map { Int($0.number) }
    }

    // MARK: Files

    @Test("What hub and commands make is the hub's user's alone, whatever the umask is")
    func modes() throws {
        let open = shell("umask 0; exec \"$@\"")
        for words in [["create", "--role", "admin", "--name", "a"], ["rotate", "1"]] {
            let run = try ProgramExit(["token"] + words + ["--data", data], wrapper: open)
            #expect(run.status == 0, "\(run.errors)")
            #expect(try attributes(data + "/tokens.db").mode == 0o600)
        }
        let other = folder.path + "/other"
        let made = try ProgramExit(
            ["token", "create", "--role", "admin", "--name", "a", "--data", other], wrapper: open)
        #expect(made.status == 0, "\(made.errors)")
        #expect(try attributes(other).mode == 0o700)
        let hub = try HubProcess(folder: folder, data: data, wrapper: open)
        for name in try FileManager.default.subpathsOfDirectory(atPath: data) {
            #expect(try attributes(data + "/" + name).mode & 0o077 == 0, "\(name)")
        }
        try hub.stop()
    }

    @Test(
        "Who looks, revokes or replaces makes no file where there is none",
        arguments: [
            ["list"], ["revoke", "1"], ["rotate", "1"], ["expire", "1", "--expires", "1d"],
        ])
    func noFile(words: [String]) throws {
        let run = try ProgramExit(["token"] + words + ["--data", data])
        #expect(run.status == 1)
        #expect(run.errors.contains("\(data): no token was ever made here"), "\(run.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: data).isEmpty)
    }

    // MARK: Users

    /// Runs a program as nobody, if that can reach it; only root can have it so.
    private var asNobody: [String]? {
        guard getuid() == 0 else { return nil }
        let wrapper = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        guard (try? ProgramExit(["version"], wrapper: wrapper).status) == 0 else { return nil }
        return wrapper
    }

    @Test("Root makes tokens for the folder's owner, who can go on with them")
    func root() throws {
        guard let asNobody else { return }
        #expect(chown(data, 65534, 65534) == 0)
        #expect(try token("create", "--role", "admin", "--name", "a").status == 0)
        let file = try attributes(data + "/tokens.db")
        #expect(file.owner == 65534 && file.mode == 0o600)
        let rotated = try token("rotate", "1", wrapper: asNobody)
        #expect(rotated.status == 0, "\(rotated.errors)")
        #expect(try numbers() == [1, 2])
        // The tests' key for TLS is their user's alone.
        let hub = try HubProcess(folder: folder, data: data, wrapper: asNobody, inClear: true)
        #expect(try hub.client().get("/v1/topics").status == 401)
        try hub.stop()
    }

    @Test("Another user than the folder's owner is told to be that one")
    func stranger() throws {
        guard let asNobody else { return }
        #expect(chmod(data, 0o777) == 0 && chown(data, 1, 1) == 0)
        for words in [["create", "--role", "admin", "--name", "a"], ["list"]] {
            let run = try ProgramExit(["token"] + words + ["--data", data], wrapper: asNobody)
            #expect(run.status == 1)
            #expect(run.errors.contains("it belongs to daemon: do this as"), "\(run.errors)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: data).isEmpty)
        // A volume of a container is root's, and for others to write.
        #expect(chown(data, 0, 0) == 0)
        let made = try token("create", "--role", "admin", "--name", "a", wrapper: asNobody)
        #expect(made.status == 0, "\(made.errors)")
        #expect(try attributes(data + "/tokens.db").owner == 65534)
    }

    @Test("A hub that cannot write the tokens does not begin, and says whose they are")
    func unwritable() throws {
        guard let asNobody else { return }
        #expect(try token("create", "--role", "admin", "--name", "a").status == 0)
        #expect(chown(data, 65534, 65534) == 0)
        let path = data + "/tokens.db"
        for mode: mode_t in [0o600, 0o644] {
            #expect(chmod(path, mode) == 0)
            let run = try ProgramExit(
                ["serve", "--listen", "127.0.0.1:0", "--data", data], wrapper: asNobody)
            #expect(run.status == 1)
            #expect(run.errors.contains("\(path) belongs to root, and nobody cannot write it"))
            #expect(run.errors.contains("`chown nobody \(path)`"), "\(run.errors)")
        }
    }

    // MARK: Outputs

    @Test(
        "A token that cannot be shown is not made, and the command fails",
        arguments: [">/dev/full", ">&-", ">&- 2>&-", "<&- >&- 2>&-"])
    func unshown(output: String) throws {
        let wrapper = shell("exec \"$@\" \(output)")
        let made = try token("create", "--role", "admin", "--name", "a", wrapper: wrapper)
        #expect(made.status == 1)
        #expect(output.contains("2>") || made.errors.contains("so none was made"), "\(made.errors)")
        #expect(try numbers() == [])
        #expect(try token("create", "--role", "admin", "--name", "a").status == 0)
        #expect(try token("rotate", "1", wrapper: wrapper).status == 1)
        #expect(try numbers() == [1])
        #expect(try TokenFile.existing(in: data)?.entry(1)?.successor == nil)
    }
}
