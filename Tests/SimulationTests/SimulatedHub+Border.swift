import Hub
import TestSupport

/// What the writer does at the border, between its other work.
extension SimulatedHub {
    func answer(_ order: SimulatedArchiver.Order) {
        let failure: StoreFailure?
        switch order {
        case .archive(let frame): failure = writer.archive(frame)
        case .prune(let last):
            failure = writer.prune(through: last.last, time: last.created.upperBound)
        case .probe: failure = writer.probe()
        }
        if failure == .disk("sync") { hasUnsureCommit = true }
        if failure == nil { hasUnsureCommit = false }
        trace.note("writer: \(order) -> \(failure.map { "\($0)" } ?? "border \(lines.border)")")
        archiver.answer = .some(failure)
        if world.defect == .trimsUnderReaders, failure == nil {
            var store = MemoryStore(world.disk)
            _ = try? store.trim(atMost: .max, through: lines.border)
        }
    }

    /// Deletes a little of what lies below the border, at its own pace.
    func trim() {
        guard world.random.oneIn(3) else { return }
        if writer.trim().rows > 0 { trace.count("trimmed") }
    }
}
