import Foundation
import HubServer
import Platform
import TestSupport
import Testing
import Wire

/// The hub within the bounds of its unit: `as-service.py` ends it at the first call that is not
/// allowed, where systemd would let the call fail.
@Suite("The hub in the sandbox of its unit", .timeLimit(.minutes(2)))
struct SandboxTests {
    private static let wrapper = [
        "/usr/bin/python3",
        Example.repository.appending(path: "Tests/OperatingTests/as-service.py").path,
        Example.path("message-center.service"),
    ]

    private func inSandbox(_ words: [String], state: String) throws -> ProgramExit {
        try ProgramExit(command: Self.wrapper + [state] + words)
    }

    @Test("The sandbox is one: what the unit forbids ends a program")
    func forbids() throws {
        let folder = try TemporaryFolder()
        #expect(try inSandbox(["/bin/true"], state: folder.path).status == 0)
        // chroot(2) is of @mount, a netlink socket of no family that is allowed.
        for script in [
            "import os; os.chroot('/')", "import socket; socket.socket(socket.AF_NETLINK)",
            "import mmap; mmap.mmap(-1, 4096, prot=7)",
        ] {
            let exit = try inSandbox(["/usr/bin/python3", "-c", script], state: folder.path)
            #expect(exit.status == SIGSYS, "\(script): \(exit.errors)")
        }
    }

    @Test(
        "As root: nothing but the state can be written, by a user without rights",
        .enabled(if: getuid() == 0))
    func readOnly() throws {
        let folder = try TemporaryFolder()
        let other = try TemporaryFolder()
        chmod(other.path, 0o777)
        let script = """
            touch \(folder.path)/state && ! touch \(other.path)/other && ! touch /usr/x \
            && [ "$(id -u)" = 65534 ] && grep -q 'CapBnd:.0000000000000000' /proc/self/status
            """
        let exit = try inSandbox(["/bin/sh", "-c", script], state: folder.path)
        #expect(exit.status == 0, "\(exit.errors)")
    }

    /// A certificate that the hub's user may read.
    private func tls(in folder: TemporaryFolder) throws -> [String] {
        let files = TestTLS.files
        return try [("tls-certificate", files.certificate), ("tls-key", files.key)].flatMap {
            let path = "\(folder.path)/\($0)"
            try FileManager.default.copyItem(atPath: $1, toPath: path)
            chmod(path, 0o644)
            return ["--\($0)", path]
        }
    }

    @Test("All that a hub does is within its bounds", arguments: [false, true])
    func works(speaksTLS: Bool) throws {
        let manager = try ManagerSocket()
        let folder = try TemporaryFolder()
        // Those who look for the state have to get there.
        chmod(folder.path, 0o755)
        let state = folder.path + "/state"
        try FileManager.default.createDirectory(
            atPath: state, withIntermediateDirectories: false)
        let hub = try HubProcess(
            folder: folder, data: state + "/hub",
            arguments: ["--retention", "1s"] + (speaksTLS ? try tls(in: folder) : []),
            wrapper: Self.wrapper + [state],
            environment: ["NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "4000000"],
            inClear: true)
        #expect(manager.through("READY=1") != nil)
        let status = try String(
            contentsOfFile: "/proc/\(hub.processID)/status", encoding: .utf8)
        #expect(status.contains("Seccomp:\t2"))

        let client = try hub.client()
        for number in 0..<300 {
            #expect(try client.publish(wid: 3, body: .number("\(number)")).status == 201)
        }
        let stream = try hub.client()
        try stream.send("GET /v1/events HTTP/1.1\r\nHost: hub\r\n\r\n")
        #expect(try stream.answer().status == 200)
        #expect(try client.pull(3, ["limit": 100, "session": "a"]).status == 200)
        #expect(
            try client.post("/v1/warehouses/3/commit", ["index": 100, "session": "a"]).status == 200
        )
        // The move to the archive: its files, its thread's low priority.
        #expect(
            eventually(within: 30) {
                (try? client.metric("message_center_archive_messages")) == 300
            })
        #expect(try client.get("/v1/messages?topic=SaleOrder_*&archived=true").status == 200)
        #expect(try client.pull(4, ["start": "archive", "wait": 1]).status == 200)
        #expect(try client.get("/metrics").status == 200)
        #expect(try client.get("/").status == 200)
        kill(hub.processID, SIGHUP)
        #expect(manager.through("RELOADING=1") != nil)
        if speaksTLS { #expect(eventually { hub.told.contains("the certificate is read again") }) }
        #expect(try hub.client().get("/readyz").status == 200)
        #expect(manager.through("WATCHDOG=1") != nil)

        // Commands on the folder of a hub that runs.
        for words in [
            ["backup", "--data", state + "/hub", "--to", state + "/backup", "--quiet"],
            ["token", "create", "--data", state + "/hub", "--role", "admin", "--name", "ann"],
        ] {
            let exit = try inSandbox([HubProcess.program] + words, state: state)
            #expect(exit.status == 0, "\(words): \(exit.errors)")
        }
        #expect(eventually { (try? client.get("/v1/warehouses").status) == 401 })
        #expect(try hub.stop().status == 0)
        #expect(manager.through("STOPPING=1") != nil)
    }
}
