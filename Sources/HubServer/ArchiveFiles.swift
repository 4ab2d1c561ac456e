import Archive
import Hub

/// The files of the archive, as the catalogue has them, and what was found out about each. One
/// thread has it.
///
/// Frames are only ever added at the end and pruned at the beginning, so what was read once is
/// kept, and a look reads what came since.
struct ArchiveFiles {
    private let reader: any StoreReader
    private let archive: ArchiveReader
    private(set) var all: [File] = []

    /// Rows of the catalogue read at a time.
    private static let stride = 256

    init(reader: any StoreReader, archive: ArchiveReader) {
        self.reader = reader
        self.archive = archive
    }

    struct File {
        let name: String
        let first: Int64
        var last: Int64
        /// When its first and its last message were created: milliseconds since 1970.
        var created: ClosedRange<Int64>
        var frames = 1
        var rawBytes: Int64
        /// Where it must end at the earliest.
        var end: Int64
        /// Its first frame not verified in the round in hand; nil: something in it was wrong, or
        /// left out.
        var verifying: Int64?
        /// When all of it was last found sound: milliseconds since 1970.
        var verified: Int64?
        /// Something in it was found wrong, and not found sound since.
        var isDamaged = false

        init(_ frame: ArchivedFrame) {
            name = frame.file
            first = frame.first
            last = frame.last
            created = frame.created
            rawBytes = Int64(frame.rawLength)
            end = frame.bytes.upperBound
        }

        var messages: Int64 { last - first + 1 }

        fileprivate mutating func add(_ frame: ArchivedFrame) {
            last = frame.last
            created = created.lowerBound...max(created.upperBound, frame.created.upperBound)
            frames += 1
            rawBytes += Int64(frame.rawLength)
            end = frame.bytes.upperBound
        }
    }

    /// How a file is, as far as one can tell without reading it.
    enum State: String {
        case ok, missing, damaged
    }

    // MARK: The catalogue

    /// Takes over what the catalogue has got and lost since.
    ///
    /// - Parameter pruned: what is not above it is gone.
    mutating func refresh(pruned: Int64) throws(StoreFailure) {
        all.removeAll { $0.last <= pruned }
        while true {
            let frames = try reader.frames(from: (all.last?.last ?? 0) + 1, limit: Self.stride)
            for frame in frames {
                if all.last?.name == frame.file {
                    all[all.count - 1].add(frame)
                } else {
                    all.append(File(frame))
                }
            }
            if frames.count < Self.stride { return }
        }
    }

    func file(_ name: String) -> File? { all.first { $0.name == name } }

    func state(of file: File) -> State {
        do throws(ArchiveFailure) {
            let length = try archive.length(ofFile: file.name)
            return length < file.end || file.isDamaged ? .damaged : .ok
        } catch {
            if case .missing = error { return .missing }
            return .damaged
        }
    }

    // MARK: What was verified

    /// Notes that a frame was verified, whether it was sound, and when.
    mutating func note(_ frame: ArchivedFrame, isSound: Bool, at time: Int64) {
        guard let place = all.firstIndex(where: { $0.name == frame.file }) else { return }
        if frame.first == all[place].first { all[place].verifying = frame.first }
        guard isSound, all[place].verifying == frame.first else {
            all[place].verifying = nil
            if !isSound { all[place].isDamaged = true }
            return
        }
        all[place].verifying = frame.last + 1
        guard frame.last >= all[place].last else { return }
        all[place].verified = time
        all[place].isDamaged = false
    }
}
