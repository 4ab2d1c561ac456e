import Archive
import Hub
import Platform

/// Reads frames of the archive again, and tells of each that is not what was written.
struct ArchiveCheck {
    let reader: any StoreReader
    let archive: ArchiveReader

    /// Rows of the catalogue read at a time.
    private static let stride = 32
    /// Damages told in one slice.
    private static let damagesTold = 100

    /// A stretch of a file that is not what was written there.
    struct Damage {
        let file: String
        let first: Int64
        var last: Int64
        let offset: Int64
        var length: Int64
        let kind: Kind
        let detail: String
    }

    enum Kind: String {
        case missing, cut, damaged, foreign
        /// The file system does not give it.
        case unreadable

        init(_ failure: ArchiveFailure) {
            self =
                switch failure {
                case .missing: .missing
                case .cut: .cut
                case .damaged: .damaged
                case .foreign: .foreign
                case .disk, .full: .unreadable
                }
        }
    }

    /// What a slice has come to.
    struct Report {
        /// What was found sound.
        var frames = 0
        var messages: Int64 = 0
        var bytes: Int64 = 0
        var damages: [Damage] = []
        /// The last index looked at.
        var last: Int64
        var isDone = false
    }

    /// Verifies frames behind `index`, to `end` at most, until the slice is over.
    ///
    /// - Parameters:
    ///   - deadline: monotonic nanoseconds at which it is.
    ///   - note: gets each frame, and whether it is sound.
    func run(
        after index: Int64, through end: Int64, deadline: UInt64,
        note: (ArchivedFrame, _ isSound: Bool) -> Void
    ) throws(StoreFailure) -> Report {
        var report = Report(last: index)
        var previous = index == 0 ? nil : try reader.frame(holding: index)?.digest
        while !report.isDone {
            let frames = try reader.frames(from: report.last + 1, limit: Self.stride)
            report.isDone = frames.isEmpty
            for frame in frames {
                guard frame.first <= end else {
                    report.isDone = true
                    break
                }
                if frame.first == 1 { previous = ArchivedFrame.noDigest }
                let isSound = check(frame, previous, &report)
                note(frame, isSound)
                previous = frame.digest
                report.last = frame.last
                report.isDone = frame.last >= end
                let isFull = report.damages.count >= Self.damagesTold
                if report.isDone || isFull || MonotonicClock.now() >= deadline { return report }
            }
        }
        return report
    }

    private func check(
        _ frame: ArchivedFrame, _ previous: [UInt8]?, _ report: inout Report
    ) -> Bool {
        do throws(ArchiveFailure) {
            try archive.verify(frame, previous: previous)
            report.frames += 1
            report.messages += frame.count
            report.bytes += Int64(frame.length)
            return true
        } catch {
            note(error, frame, &report.damages)
            return false
        }
    }

    /// Frames of one missing or foreign file that follow one another are told as one.
    private func note(
        _ failure: ArchiveFailure, _ frame: ArchivedFrame, _ damages: inout [Damage]
    ) {
        let kind = Kind(failure)
        if let last = damages.indices.last, damages[last].file == frame.file,
            kind == .missing || kind == .foreign, damages[last].kind == kind
        {
            damages[last].last = frame.last
            damages[last].length = frame.bytes.upperBound - damages[last].offset
            return
        }
        damages.append(
            Damage(
                file: frame.file, first: frame.first, last: frame.last, offset: frame.offset,
                length: Int64(frame.length), kind: kind, detail: failure.description))
    }
}
