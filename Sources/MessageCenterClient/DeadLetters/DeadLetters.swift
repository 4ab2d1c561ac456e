import Foundation

/// The dead letters of a consumer's folder, to look at and to order what becomes of them; also
/// while the consumer runs, in this process or another.
///
/// An order is on disk when the call returns. The running consumer carries it out within a second,
/// between two batches; one that does not run does so when it is started next.
public struct DeadLetters {
    private let file: DeadLetterFile
    private let timing: Timing

    /// Opens the letters of a folder.
    ///
    /// - Throws: `ConsumerFailure.folder` where there are none, or they cannot be read.
    public init(folder: String, timing: Timing = Timing()) throws(ConsumerFailure) {
        let path = folder + "/dead-letters.jsonl"
        guard FileManager.default.fileExists(atPath: path) else {
            throw .folder("\(path) is not there: no consumer has worked in this folder")
        }
        self.timing = timing
        do throws(FileFailure) {
            file = try DeadLetterFile(path)
        } catch {
            throw .folder(error.description)
        }
    }

    /// Dead ones and those parked behind them, by number.
    public var open: [DeadLetter] { file.ledger.open }

    /// The open letter of that number, or of the message with that id.
    public func letter(_ name: String) -> DeadLetter? {
        open.first { "\($0.number)" == name || $0.message.id == name }
    }

    /// The line that a letter stands in: the dead one first, then those parked behind it.
    public func line(of letter: DeadLetter) -> [DeadLetter] {
        file.ledger.line(of: letter.message)
    }

    /// Lines of the file that could not be understood, in words.
    public var flaws: [String] { file.flaws }

    /// Orders what becomes of letters.
    ///
    /// - Throws: `ConsumerFailure.folder` where it could not be written; nothing is ordered then.
    public func order(
        _ order: DeadLetter.Order, _ letters: [DeadLetter]
    ) throws(ConsumerFailure) {
        let now = timing.timestamp
        do throws(FileFailure) {
            try file.append(
                letters.map { .init(id: $0.message.id, at: now, .ordered(order)) })
            try file.sync()
        } catch {
            throw .folder(error.description)
        }
    }
}
