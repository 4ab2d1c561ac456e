import Hub
import TestSupport

/// The archive's files on the machine's disk: what a crash leaves of them.
final class Shelf {
    private struct File {
        var frames: [[MessageCopy]] = []
        /// So many of them are synced: a crash takes the others, or leaves them.
        var synced = 0
    }

    /// By the number in their names, which rise.
    private var files: [Int64: File] = [:]

    func append(_ frame: [MessageCopy], to file: Int64) {
        files[file, default: File()].frames.append(frame)
    }

    func sync(_ file: Int64) {
        guard let count = files[file]?.frames.count else { return }
        files[file]!.synced = count
    }

    /// Puts the files back to what the catalogue knows, which ends with `last`.
    func cut(to last: ArchivedFrame?) {
        files = files.filter { $0.key <= last?.fileNumber ?? -1 }
        guard let last, let file = files[last.fileNumber] else { return }
        let rest = Array(file.frames.prefix(Int(last.offset) + 1))
        files[last.fileNumber] = File(frames: rest, synced: min(file.synced, rest.count))
    }

    /// Removes the oldest file before `oldest`, any if that is nil; false: there is none.
    func removeOldest(before oldest: ArchivedFrame?) -> Bool {
        guard let first = files.keys.min(), first < oldest?.fileNumber ?? .max else { return false }
        files[first] = nil
        return true
    }

    func crash(_ random: inout SplitMix) {
        for number in files.keys.sorted() {
            let (synced, count) = (files[number]!.synced, files[number]!.frames.count)
            let left = Int(random.number(Int64(synced)...Int64(count)))
            let frames = Array(files[number]!.frames.prefix(left))
            files[number] = File(frames: frames, synced: left)
        }
    }

    /// The frame's messages; nil: they are not where the catalogue says.
    func messages(of frame: ArchivedFrame) -> [MessageCopy]? {
        guard let file = files[frame.fileNumber], frame.offset < file.frames.count else {
            return nil
        }
        let messages = file.frames[Int(frame.offset)]
        let isIt = messages.first?.index == frame.first && messages.last?.index == frame.last
        return isIt ? messages : nil
    }
}

extension ArchivedFrame {
    /// Its file's, in the simulation.
    var fileNumber: Int64 { Int64(file) ?? -1 }
}
