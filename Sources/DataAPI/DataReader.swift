import Platform
import SQLite
import Synchronization
import Wire

/// Answers requests out of the database. One a thread, with a connection of its own.
final class DataReader {
    private let connection: Connection
    private let readers: [ResourceReader]
    private let names: [String]
    private let pulse: ReadPulse

    /// - Throws: where the database cannot be opened, or does not fit the configuration any more.
    init(
        database: String, _ configuration: DataConfiguration, pulse: ReadPulse
    ) throws(SQLiteError) {
        connection = try Self.open(database)
        self.pulse = pulse
        pulse.guards(connection.interruption)
        var readers: [ResourceReader] = []
        for resource in configuration.resources {
            readers.append(try ResourceReader(resource, connection))
        }
        self.readers = readers
        names = configuration.resources.map(\.name)
    }

    /// Opens the file so that nothing can be changed, twice over: SQLite opens it for reading, and
    /// refuses statements that write. Views may not call functions that do more than compute;
    /// <https://sqlite.org/pragma.html#pragma_trusted_schema>.
    package static func open(_ path: String) throws(SQLiteError) -> Connection {
        let connection = try Connection(path: path, mode: .readOnly, busyTimeoutMilliseconds: 1000)
        try connection.execute("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF")
        return connection
    }

    /// Appends the body of the answer; what cannot be answered is thrown, and nothing appended.
    func answer(_ request: DataRequest, to output: inout ByteBuffer) throws(DataProblem) {
        let start = output.count
        pulse.begin()
        defer { pulse.end() }
        do {
            try append(request, to: &output)
        } catch let error as SQLiteError {
            output.truncate(to: start)
            Told.line("a read failed: \(error)")
            throw DataProblem(error)
        } catch let problem as DataProblem {
            output.truncate(to: start)
            throw problem
        } catch {
            preconditionFailure("no other error is thrown: \(error)")
        }
    }

    private func append(_ request: DataRequest, to output: inout ByteBuffer) throws {
        switch request {
        case .health:
            _ = try connection.scalar("SELECT count(*) FROM sqlite_schema")
            output.append("{\"status\":\"ready\"}")
        case .list:
            JSONValue.object([.init("resources", .array(names.map { .text($0) }))])
                .append(to: &output)
        case .row(let resource, let key, let wid):
            let reader = try reader(resource, wid)
            guard try reader.appendRow(key: key, wid: wid, to: &output) else {
                throw DataProblem(404, "no_such_row", "\(resource) has no row of this key.")
            }
        case .rows(let resource, let keys, let wid):
            try append(keys, wid, of: try reader(resource, wid), to: &output)
        case .page(let resource, let page):
            let reader = try reader(resource, page.wid)
            try reader.appendPage(
                from: try place(page, reader.resource), limit: page.limit, wid: page.wid,
                to: &output)
        }
    }

    /// `{"rows":[…],"missing":[…]}`, both in the order of the keys.
    private func append(
        _ keys: [String], _ wid: Int?, of reader: ResourceReader, to output: inout ByteBuffer
    ) throws(SQLiteError) {
        var missing: [JSONValue] = []
        var count = 0
        output.append("{\"rows\":[")
        for key in keys {
            let before = output.count
            if count > 0 { output.append(",") }
            if try reader.appendRow(key: key, wid: wid, to: &output) {
                count += 1
            } else {
                output.truncate(to: before)
                missing.append(.text(key))
            }
        }
        output.append("],\"missing\":")
        JSONValue.array(missing).append(to: &output)
        output.append("}")
    }

    private func reader(_ name: String, _ wid: Int?) throws(DataProblem) -> ResourceReader {
        guard let place = names.firstIndex(of: name) else {
            throw DataProblem(404, "no_such_resource", "There is no such resource: see /v1.")
        }
        let reader = readers[place]
        if wid != nil, reader.resource.wid == nil {
            throw .invalid("wid", "cannot be asked for: \(name) is the same for all")
        }
        return reader
    }

    private func place(
        _ page: DataRequest.PageRequest, _ resource: Resource
    ) throws(DataProblem) -> ResourceReader.Place {
        if let text = page.after {
            guard let cursor = Cursor(text, of: resource) else {
                throw .invalid("after", "must be the next of an earlier page of this resource")
            }
            return .after(cursor)
        }
        guard let since = page.since else { return .start }
        guard resource.updated != nil else {
            throw .invalid("since", "cannot be asked for: this resource has no update time")
        }
        return .since(since)
    }
}

/// Since when a thread reads, for the one that watches that no read takes too long.
final class ReadPulse: Sendable {
    private let began = Atomic<UInt64>(0)
    private let interruption = Locked<Interruption?>(nil)

    /// Nanoseconds that one request may read.
    static let longest: UInt64 = 10_000_000_000

    func guards(_ interruption: Interruption) {
        self.interruption.withLock { $0 = interruption }
    }

    func begin() { began.store(MonotonicClock.now(), ordering: .relaxed) }
    func end() { began.store(0, ordering: .relaxed) }

    /// Stops what runs for too long. Any thread.
    func check() {
        let began = began.load(ordering: .relaxed)
        guard began != 0, MonotonicClock.now() > began + Self.longest else { return }
        interruption.withLock { $0?.interrupt() }
    }
}

/// What the data interface tells its operator: a line on standard error.
enum Told {
    static func line(_ text: String) {
        var line = ByteBuffer(capacity: 128)
        line.append("data-api: \(text)\n")
        line.withUnsafeBytes { StandardError.write($0) }
    }
}
