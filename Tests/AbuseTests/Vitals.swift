import Foundation
import TestSupport

/// What a process holds; proc(5).
struct Vitals {
    /// Resident memory in MiB.
    let memory: Int
    /// The most it has ever been.
    let mostMemory: Int
    let descriptors: Int

    init(of process: Int32) throws {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        func mebibytes(_ name: String) -> Int {
            let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") } ?? ""
            return
                (line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
                ?? 0) / 1024
        }
        memory = mebibytes("VmRSS")
        mostMemory = mebibytes("VmHWM")
        descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd")
            .count
    }
}
