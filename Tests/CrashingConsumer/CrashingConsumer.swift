import Foundation
import MessageCenterClient

/// A warehouse's program that a message can kill: what a test starts again and again.
///
/// Words: the hub's address, the warehouse, the folder, a file that gets a line for each message
/// handled (`index key topic body`), the key whose messages end the process, and the key whose
/// messages fail.
@main struct CrashingConsumer {
    struct Broken: Error {}

    static func main() async throws {
        let words = CommandLine.arguments
        guard words.count == 7, let wid = Int(words[2]) else { exit(2) }
        let (output, deadly, bad) = (words[4], words[5], words[6])
        var settings = ConsumeSettings()
        settings.connection.certificateAuthority =
            ProcessInfo.processInfo.environment["MESSAGE_CENTER_TLS_AUTHORITY"]
        settings.folder = words[3]
        settings.stopsWhenCaughtUp = true
        settings.retry.firstPause = .milliseconds(1)
        settings.retry.longestPause = .milliseconds(5)
        settings.alarm.bell = false
        let consumer = try MessageConsumer(url: words[1], wid: wid, settings: settings)
        consumer.on("*") { message in
            if message.key == bad { throw Broken() }
            try note(
                "\(message.index) \(message.key ?? "") \(message.topic) \(message.bodyText)\n",
                in: output)
            if message.key == deadly { kill(getpid(), SIGKILL) }
        }
        try await consumer.start()
    }

    private static func note(_ line: String, in path: String) throws {
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data(line.utf8))
        try file.close()
    }
}
