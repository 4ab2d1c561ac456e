import Foundation
import Glibc
import TestSupport

/// The built program with a terminal for what it says, as somebody at a keyboard runs it.
final class TerminalRun {
    private let process = Process()
    private let output: TemporaryFile
    private let master: Int32

    struct Failure: Error {
        let text: String
    }

    // ioctl(2) of the pseudo terminal, pts(4): Glibc's module lacks posix_openpt, and ioctl_tty(2).
    private static let size: UInt = 0x5414
    private static let unlock: UInt = 0x4004_5431
    private static let number: UInt = 0x8004_5430

    /// Starts it at a terminal of so many columns.
    init(_ words: [String], environment: [String: String], columns: UInt16 = 80) throws {
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        var (isLocked, number) = (Int32(0), Int32(0))
        guard master >= 0, ioctl(master, Self.unlock, &isLocked) == 0,
            ioctl(master, Self.number, &number) == 0
        else { throw Failure(text: "there is no pseudo terminal") }
        let slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard slave >= 0 else { throw Failure(text: "the pseudo terminal cannot be opened") }
        var window = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        guard ioctl(slave, Self.size, &window) == 0 else { throw Failure(text: "it has no size") }
        output = try TemporaryFile("")
        process.executableURL = ProgramRun.program
        process.arguments = words
        process.environment = TestTLS.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: output.path)
        process.standardError = FileHandle(fileDescriptor: slave, closeOnDealloc: false)
        defer { close(slave) }
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        close(master)
    }

    /// What the terminal has shown so far.
    private(set) var shown = ""

    private func look() {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(master, &bytes, bytes.count)
            guard count > 0 else { return }
            shown += String(decoding: bytes.prefix(count), as: UTF8.self)
        }
    }

    /// Waits until the terminal shows `text`.
    func wait(for text: String) -> Bool {
        wait { self.shown.contains(text) }
    }

    private func wait(until condition: () -> Bool) -> Bool {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            look()
            if condition() { return true }
            usleep(2000)
        }
        return false
    }

    /// Ctrl-C.
    func interrupt() { kill(process.processIdentifier, SIGINT) }

    /// Waits for its end; returns its exit status, and what it has printed.
    func end() throws -> (status: Int32, output: String) {
        guard wait(until: { !self.process.isRunning }) else {
            throw Failure(text: "it does not end: \(shown)")
        }
        look()
        return (
            process.terminationStatus, try String(contentsOfFile: output.path, encoding: .utf8)
        )
    }
}
