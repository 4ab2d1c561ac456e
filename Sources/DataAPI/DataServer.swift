package import Platform
import SQLite
import Wire

/// A data interface, listening: reads of declared resources of one SQLite database over HTTP.
///
///     let server = try DataServer(database: "shop.db", configuration: bytes, listen: endpoint)
///     …                     // it serves
///     server.stop()
package final class DataServer {
    /// Why it cannot start: a line each.
    package struct Failure: Error, CustomStringConvertible {
        package let lines: [String]
        package var description: String { lines.joined(separator: "\n") }
    }

    /// Where it listens, with the port that the kernel chose if 0 was asked for.
    package let endpoint: Endpoint

    private let stopSign: StopSign
    private let threads: [OSThread]

    /// How many connections there are at once, all threads together, and how long a request and
    /// its answer may take.
    package struct Limits: Sendable {
        package var threads = 2
        package var connections = 512
        package var headMilliseconds = 10_000
        package var answerMilliseconds = 60_000

        package init() {}
    }

    /// Opens the database, checks the configuration against it, and begins to serve.
    ///
    /// - Parameters:
    ///   - configuration: the text of the file; `name` is what mistakes call it.
    ///   - token: what clients have to present; nil lets everybody read, on loopback only.
    package init(
        database: String, configuration: [UInt8], name: String = "the configuration",
        listen: Endpoint, token: String? = nil, limits: Limits = Limits()
    ) throws(Failure) {
        if token == nil, !listen.isLoopback {
            throw Failure(lines: [
                "without a token everybody could read at \(listen): give one by --token-file, "
                    + "or listen on 127.0.0.1"
            ])
        }
        let declared = try Self.check(database: database, configuration, name: name)
        let pulses = (0..<limits.threads).map { _ in ReadPulse() }
        do {
            var endpoint = listen
            let stopSign = try StopSign()
            var threads: [OSThread] = []
            for pulse in pulses {
                let listener = try Listener(
                    endpoint, sharing: threads.isEmpty ? .shared : .joined)
                endpoint = listener.localEndpoint
                let reader = try DataReader(database: database, declared, pulse: pulse)
                let loop = try DataLoop(
                    listener: listener, reader: reader, token: token.map { Array($0.utf8) },
                    bounds: Self.bounds(limits), stop: stopSign)
                let handOver = HandOver(loop)
                threads.append(try OSThread.start(name: "data") { handOver.take().run() })
            }
            threads.append(try Self.startWatch(pulses, stopSign))
            self.endpoint = endpoint
            self.stopSign = stopSign
            self.threads = threads
        } catch let error as Errno where error == .addressInUse {
            throw Failure(lines: ["\(listen) is in use by another program: choose another port"])
        } catch {
            throw Failure(lines: ["the data interface cannot start: \(error)"])
        }
    }

    private static func bounds(_ limits: Limits) -> DataLoop.Bounds {
        var bounds = DataLoop.Bounds()
        bounds.connections = max(1, limits.connections / limits.threads)
        bounds.head = UInt64(limits.headMilliseconds) * 1_000_000
        bounds.answer = UInt64(limits.answerMilliseconds) * 1_000_000
        return bounds
    }

    /// Reads the configuration and holds it against the database: every mistake, told at once.
    /// Tells, too, which pages will be slow.
    package static func check(
        database: String, _ configuration: [UInt8], name: String = "the configuration"
    ) throws(Failure) -> DataConfiguration {
        do {
            let connection = try DataReader.open(database)
            _ = try connection.scalar("SELECT count(*) FROM sqlite_schema")
            let declared = try DataConfiguration.read(configuration, database: connection)
            for resource in declared.resources {
                let reader = try ResourceReader(resource, connection)
                guard try reader.sortsForPages() else { continue }
                Told.line(
                    "each page of \(resource.name) sorts all its rows; this would help: "
                        + reader.missingIndex)
            }
            return declared
        } catch let mistakes as Declaration.Mistakes {
            throw Failure(lines: mistakes.all.map { "\(name): \($0)" })
        } catch {
            throw Failure(lines: ["the database cannot be read: \(error)"])
        }
    }

    private static func startWatch(
        _ pulses: [ReadPulse], _ stopSign: StopSign
    ) throws(Errno) -> OSThread {
        try OSThread.start(name: "data watch") {
            while !stopSign.isUp {
                stopSign.wakeUp.wait(milliseconds: 500)
                for pulse in pulses { pulse.check() }
            }
        }
    }

    /// Ends all threads and connections. To be called once.
    package func stop() {
        stopSign.raise()
        for thread in threads { thread.join() }
    }
}

/// Carries something that is not Sendable to the one thread that takes it.
private final class HandOver<Value>: @unchecked Sendable {
    // Unchecked: it is put in before the thread starts, and taken once by that thread.
    private var value: Value?

    init(_ value: Value) {
        self.value = value
    }

    func take() -> Value {
        defer { value = nil }
        return value!
    }
}
