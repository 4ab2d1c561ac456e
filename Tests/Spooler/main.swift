// A business service as a test wants one: publishes through a spool until it is killed.
//
//   spooler URL FOLDER RUN KEYS LOG
//
// One task a key publishes 0, 1, 2 … of this run, each after the one before is safe, and writes
// `key number` into LOG for each that was told to be safe: a line by one write(2), so that what
// stands there was told before the kill.

import Foundation
import MessageCenterClient

let words = CommandLine.arguments
guard words.count == 6, let run = Int(words[3]), let keys = Int(words[4]),
    FileManager.default.createFile(atPath: words[5], contents: nil),
    let log = FileHandle(forWritingAtPath: words[5])
else { exit(2) }

struct Body: Encodable {
    let run: Int
    let number: Int
}

var settings = PublishSettings()
settings.spool = SpoolSettings(folder: words[2], patience: .milliseconds(50))
settings.options.certificateAuthority =
    ProcessInfo.processInfo.environment["MESSAGE_CENTER_TLS_AUTHORITY"]
settings.firstPause = .milliseconds(5)
settings.longestPause = .milliseconds(50)
settings.requestTimeout = .seconds(2)
do {
    let publisher = try MessagePublisher(url: words[1], wid: 1, settings: settings)
    await withTaskGroup(of: Void.self) { group in
        for key in 0..<keys {
            group.addTask {
                for number in 0... {
                    let result = await publisher.publish(
                        topic: "SaleOrder_Changed", key: "order:\(key)",
                        body: Body(run: run, number: number))
                    guard result.isSuccess else { return }
                    log.write(Data("\(key) \(run) \(number)\n".utf8))
                }
            }
        }
    }
    exit(1)
} catch {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(3)
}
