import Hub
import Platform
import Wire

/// What there is in the archive, and whether it is sound.
extension AdminReader {
    // MARK: The list

    /// `GET /v1/archive`
    func writeArchive(after: Int64, limit: Int) throws(Problem) {
        let lines = hub.lines
        let head = lines.head
        try refreshFiles()
        let page = files.all.filter { $0.last > after }
        let sum = files.all.reduce(into: Sum()) { $0.add($1) }
        let answer: JSONValue = [
            "border": .number(String(lines.border)),
            "oldest": .number(String(min(lines.pruned + 1, head))),
            "head": .number(String(head)),
            "frames": .number(String(sum.frames)), "messages": .number(String(sum.messages)),
            "bytes": .number(String(sum.bytes)), "rawBytes": .number(String(sum.rawBytes)),
            "ratio": Self.ratio(sum.rawBytes, sum.bytes),
            "retention": retention, "archiveRetention": archiveRetention,
            "files": .array(page.prefix(limit).map(sight)),
            "nextPageToken": page.count > limit
                ? .text(String(page[limit - 1].last)) : .null,
        ]
        answer.append(to: &output)
    }

    private var retention: JSONValue {
        let retention = hub.configuration.retention
        return [
            "seconds": .number(String(retention.age / 1000)),
            "bytes": retention.bytes.map { .number(String($0)) } ?? .null,
        ]
    }

    private var archiveRetention: JSONValue {
        let age = hub.configuration.archiveRetention
        return ["seconds": age.map { .number(String($0 / 1000)) } ?? .null]
    }

    private struct Sum {
        var frames = 0
        var messages: Int64 = 0
        var bytes: Int64 = 0
        var rawBytes: Int64 = 0

        mutating func add(_ file: ArchiveFiles.File) {
            frames += file.frames
            messages += file.messages
            bytes += file.end
            rawBytes += file.rawBytes
        }
    }

    private func sight(_ file: ArchiveFiles.File) -> JSONValue {
        [
            "name": .text(file.name), "first": .number(String(file.first)),
            "last": .number(String(file.last)), "from": .time(file.created.lowerBound),
            "to": .time(file.created.upperBound), "messages": .number(String(file.messages)),
            "frames": .number(String(file.frames)), "bytes": .number(String(file.end)),
            "rawBytes": .number(String(file.rawBytes)),
            "ratio": Self.ratio(file.rawBytes, file.end),
            "state": .text(files.state(of: file).rawValue),
            "verified": file.verified.map { .time($0) } ?? .null,
        ]
    }

    /// How many times smaller it is than its lines, to two places.
    private static func ratio(_ raw: Int64, _ packed: Int64) -> JSONValue {
        guard packed > 0 else { return .null }
        let hundredths = (raw * 100 + packed / 2) / packed
        let rest = hundredths % 100
        return .number("\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)")
    }

    private func refreshFiles() throws(Problem) {
        do throws(StoreFailure) {
            try files.refresh(pruned: hub.lines.pruned)
        } catch {
            throw unreadable(error)
        }
    }

    // MARK: Verify

    /// `POST /v1/archive/verify`
    func writeVerify(file name: String?, after: Int64) throws(Problem) {
        try refreshFiles()
        var (before, end) = ((files.all.first?.first ?? 1) - 1, files.all.last?.last ?? 0)
        if let name {
            guard let file = files.file(name) else {
                throw Problem(
                    404, "unknown_file",
                    "The archive has no file of this name: GET /v1/archive lists those it has.")
            }
            (before, end) = (file.first - 1, file.last)
        }
        let report: ArchiveCheck.Report
        do throws(StoreFailure) {
            report = try check.run(
                after: max(after, before), through: end,
                deadline: MonotonicClock.now() + Self.sliceNanoseconds
            ) { frame, isSound in
                files.note(frame, isSound: isSound, at: hub.clock.nowMilliseconds())
            }
        } catch {
            throw unreadable(error)
        }
        for damage in report.damages { hub.log.error("the archive is not sound: \(damage.detail)") }
        write(report, before: before, end: end)
    }

    private func write(_ report: ArchiveCheck.Report, before: Int64, end: Int64) {
        let verified: JSONValue = [
            "frames": .number(String(report.frames)),
            "messages": .number(String(report.messages)),
            "bytes": .number(String(report.bytes)),
        ]
        output.append("{\"verified\":")
        verified.append(to: &output)
        output.append(",\"damages\":")
        JSONValue.array(report.damages.map(Self.sight)).append(to: &output)
        append(
            looked: min(report.last, end) - before, of: end - before,
            next: report.isDone ? nil : report.last)
        output.append("}")
    }

    private static func sight(_ damage: ArchiveCheck.Damage) -> JSONValue {
        [
            "file": .text(damage.file), "first": .number(String(damage.first)),
            "last": .number(String(damage.last)), "offset": .number(String(damage.offset)),
            "length": .number(String(damage.length)), "kind": .text(damage.kind.rawValue),
            "detail": .text(damage.detail),
        ]
    }

    // MARK: Prune

    /// `POST /v1/archive/prune`: whole files only.
    ///
    /// - Returns: the last frame to go; nil: nothing is to be done.
    func writePrune(_ prune: Prune) throws(Problem) -> ArchivedFrame? {
        try refreshFiles()
        let going = files.all.prefix { file in
            switch prune.before {
            case .index(let index): file.last < index
            case .time(let time): file.created.upperBound < time
            }
        }
        let sum = going.reduce(into: Sum()) { $0.add($1) }
        let through = going.last?.last ?? hub.lines.pruned
        let answer: JSONValue = [
            "files": .number(String(going.count)), "messages": .number(String(sum.messages)),
            "bytes": .number(String(sum.bytes)), "through": .number(String(through)),
        ]
        answer.append(to: &output)
        guard !prune.isDry, !going.isEmpty else { return nil }
        do throws(StoreFailure) {
            return try check.reader.frame(holding: through)
        } catch {
            throw unreadable(error)
        }
    }
}
