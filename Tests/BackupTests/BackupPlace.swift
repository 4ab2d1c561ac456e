import Foundation
import HubSQLite
import Platform
import SQLite
import TestSupport
import Wire

@testable import Backup

/// A folder for a hub's data, its backups, and what is restored of them.
final class BackupPlace: Sendable {
    let folder: TemporaryFolder
    /// They run as long as the place is there.
    private let hubs = Locked([HubProcess]())

    init() throws {
        folder = try TemporaryFolder()
    }

    var data: String { folder.path + "/data" }
    func path(_ name: String) -> String { "\(folder.path)/\(name)" }

    /// A hub on the data folder, or on another in this place.
    func serve(_ name: String = "data") throws -> HubProcess {
        let hub = try HubProcess(folder: folder, data: path(name))
        hubs.withLock { $0.append(hub) }
        return hub
    }

    /// Runs a command of the program; names of folders are those in this place.
    func run(_ words: [String]) throws -> ProgramExit { try ProgramExit(words) }

    @discardableResult
    func backup(_ name: String = "backup", of data: String = "data") throws -> ProgramExit {
        try run(["backup", "--data", path(data), "--to", path(name)])
    }

    @discardableResult
    func restore(_ name: String = "backup", into data: String) throws -> ProgramExit {
        try run(["restore", "--from", path(name), "--data", path(data)])
    }

    /// Why the backup does not verify, in this process; nil if it does.
    func flaw(of name: String = "backup") -> BackupFailure? {
        do throws(BackupFailure) {
            _ = try BackupVerification(folder: path(name)) { _, _, _ in }.run()
            return nil
        } catch {
            return error
        }
    }

    func bytes(of name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: path(name))))
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(filePath: path(name)))
    }

    func names(in name: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path(name)).sorted()
    }

    func isThere(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: path(name))
    }

    /// Changes a database, as nobody should.
    func change(_ name: String, _ sql: String) throws {
        try Connection(path: path(name)).execute(sql)
    }

    /// Writes manifest and sums anew, so that every digest fits what is there by now.
    func seal(_ name: String = "backup") throws {
        let old = try Manifest(bytes(of: "\(name)/\(Manifest.name)"))
        let reading = BackupReading(
            folder: path(name), catalogue: .none, .alone, progress: { _, _, _ in })
        let manifest = Manifest(
            hub: old.hub, head: old.head, created: old.created, program: old.program,
            schema: old.schema, files: try reading.digests(of: old.files.map(\.name)))
        try write(manifest.text, to: "\(name)/\(Manifest.name)")
        try write(manifest.sums, to: "\(name)/\(Manifest.sumsName)")
    }
}

extension RawClient {
    /// Publishes `count` messages for `wid` in batches, each with an id. Returns the ids.
    @discardableResult
    func publishMany(_ count: Int, wid: Int = 0, seed: UInt64 = 1) throws -> [String] {
        var ids = MessageIDs(seed: seed)
        let all = (0..<count).map { _ in ids.next() }
        for start in stride(from: 0, to: count, by: 5000) {
            let lines = all[start..<min(count, start + 5000)].map {
                #"{"topic":"A_Changed","wid":\#(wid),"body":1,"id":"\#($0)"}"#
            }
            let answer = try request(
                "POST", "/v1/messages/batch", lines.joined(separator: "\n"),
                type: "application/x-ndjson")
            guard answer.status == 201 else { throw Failure(description: answer.text) }
        }
        return all
    }

    var head: Int { get throws { try get("/v1/warehouses").integer("head") ?? -1 } }
}
