import Foundation
import HubServer
import TestSupport
import Testing

@Suite("The systemd unit")
struct UnitTests {
    private static let unit = "message-center.service"

    /// The unit as it would be installed where the built program is.
    private func installed(in folder: TemporaryFolder) throws -> String {
        let path = "\(folder.path)/\(Self.unit)"
        try Example.text(Self.unit)
            .replacing("/usr/local/bin/message-center", with: HubProcess.program)
            .write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test("systemd finds nothing to say against it")
    func verified() throws {
        let folder = try TemporaryFolder()
        let verify = try ProgramExit(
            command: [
                Tool.path("systemd-analyze"), "verify", "--man=no", "--recursive-errors=no",
                installed(in: folder),
            ])
        #expect(verify.status == 0)
        #expect(verify.errors.split(separator: "\n").filter { $0.contains("message-center") } == [])
    }

    @Test("It is exposed to little: two of ten points at most")
    func exposure() throws {
        let folder = try TemporaryFolder()
        let security = try ProgramExit(
            command: [
                Tool.path("systemd-analyze"), "security", "--offline=true", "--threshold=20",
                "--no-pager", installed(in: folder),
            ])
        #expect(security.status == 0, "\(security.output.suffix(400))")
        #expect(security.output.contains("Overall exposure level"))
    }

    @Test("It waits for the notification, and has a watchdog")
    func notification() throws {
        let lines = try Example.text(Self.unit).split(separator: "\n")
        for line in ["Type=notify", "WatchdogSec=60s", "ExecReload=/bin/kill -HUP $MAINPID"] {
            #expect(lines.contains(Substring(line)))
        }
    }

    @Test("A fault of some minutes does not keep the hub down, and no core has its messages")
    func restarts() throws {
        let unit = try Example.text(Self.unit)
        let pause = try #require(unit.firstMatch(of: /\nRestartSec=(\d+)s\n/).flatMap { Int($0.1) })
        let starts = try #require(
            unit.firstMatch(of: /\nStartLimitBurst=(\d+)\n/).flatMap { Int($0.1) })
        #expect(pause * starts >= 15 * 60)
        #expect(unit.contains("\nStartLimitIntervalSec=1h\n"))
        // Longer than all starts take by themselves, or there is no end to them.
        #expect(pause * starts < 3600)
        #expect(unit.contains("\nLimitCORE=0\n"))
    }

    @Test("Each setting that it and its environment name is one of the hub's")
    func settings() throws {
        let known = Set(Settings.all.map(\.environmentName))
        let texts = try [Self.unit, "environment"].map { try Example.text($0) }
        let named = texts.joined().matches(of: /MESSAGE_CENTER_\w+/).map { String($0.0) }
        #expect(named.count >= 4)
        for name in named { #expect(known.contains(name), "\(name)") }
    }

    @Test("make service puts it where it is told, with the program's place, and takes it away")
    func install() throws {
        let folder = try TemporaryFolder()
        func make(_ target: String) throws -> ProgramExit {
            try ProgramExit(command: [
                "make", "-C", Example.repository.path, "--no-print-directory", target,
                "DESTDIR=\(folder.path)", "PREFIX=/opt/hub",
            ])
        }
        let made = try make("service")
        #expect(made.status == 0, "\(made.errors)")
        let unit = try String(
            contentsOfFile: "\(folder.path)/opt/hub/lib/systemd/system/\(Self.unit)",
            encoding: .utf8)
        #expect(unit.contains("ExecStart=/opt/hub/bin/message-center serve\n"))
        #expect(!unit.contains("/usr/local"))
        let sysusers = "\(folder.path)/opt/hub/lib/sysusers.d/message-center.conf"
        #expect(
            try String(contentsOfFile: sysusers, encoding: .utf8)
                == Example.text("message-center.sysusers"))
        #expect(made.output.contains("systemctl enable --now message-center"))
        // Another place than systemd's own: it has to be told.
        for file in ["systemd/system/\(Self.unit)", "sysusers.d/message-center.conf"] {
            #expect(made.output.contains(" /opt/hub/lib/\(file)\n"))
        }
        let usual = try ProgramExit(command: [
            "make", "-C", Example.repository.path, "--no-print-directory", "service",
            "DESTDIR=\(folder.path)", "PREFIX=/usr/local",
        ])
        #expect(usual.status == 0 && !usual.output.contains("systemctl link"))

        #expect(try make("uninstall").status == 0)
        try FileManager.default.removeItem(atPath: folder.path + "/usr")
        let left = try #require(FileManager.default.enumerator(atPath: folder.path)).allObjects
            .compactMap { $0 as? String }.filter { $0.contains("message-center") }
        #expect(left == [])
    }
}
