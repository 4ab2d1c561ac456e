import SQLite
import WarehouseTool
import Wire

/// The file of rules that `consume` goes by, with its mistakes as mistakes of the command line.
struct ConsumeFile {
    private let path: String
    private let bytes: [UInt8]

    init(_ path: String) throws(ByteStream.Failure) {
        self.path = path
        bytes = try ByteStream.readAll(path: path, limit: 1 << 20)
    }

    /// What paths in it are relative to.
    private var place: String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }

    /// Read before anything is started or made: every mistake is told at once.
    func configuration() throws -> WarehouseConfiguration {
        do throws(Declaration.Mistakes) {
            return try WarehouseConfiguration.read(bytes, folder: place) {
                path throws(SQLiteError) in try WarehouseDatabase.sketch(path)
            }
        } catch {
            throw told(error)
        }
    }

    /// The folder in which the consumer works; whatever else is wrong with the file.
    func folder() throws -> String {
        do throws(Declaration.Mistakes) {
            return try WarehouseConfiguration.folder(in: bytes, folder: place)
        } catch {
            throw told(error)
        }
    }

    private func told(_ mistakes: Declaration.Mistakes) -> UsageError {
        UsageError(mistakes.all.map { "\(path): \($0)" })
    }
}
