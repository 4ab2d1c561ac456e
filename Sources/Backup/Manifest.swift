package import Wire

/// What a backup says of itself: `manifest.json`, and the digests once more in `SHA256SUMS`, for
/// `sha256sum --check`.
package struct Manifest: Equatable, Sendable {
    package static let name = "manifest.json"
    package static let sumsName = "SHA256SUMS"
    /// Bytes of either that are read at most: a hundred thousand archive files.
    static let limit = 32 << 20
    /// The number of this form.
    private static let format = 1

    /// A file of the backup.
    package struct File: Equatable, Sendable {
        /// Its path within the backup.
        package let name: String
        package let length: Int64
        /// SHA-256 in hexadecimal digits.
        package let digest: String
    }

    /// The identity of the hub.
    package let hub: String
    /// The newest message.
    package let head: Int64
    /// When the backup was begun, milliseconds since 1970.
    package let created: Int64
    /// The version of the program that made it.
    package let program: String
    /// The version of the store's tables.
    package let schema: Int64
    package let files: [File]

    /// Bytes of all files.
    package var length: Int64 { files.reduce(0) { $0 + $1.length } }

    package var json: JSONValue {
        var time = ByteBuffer(capacity: 24)
        time.append(timestampMilliseconds: created)
        return [
            "format": .number(String(Self.format)), "hub": .text(hub),
            "head": .number(String(head)), "created": .text(time.bytes.text(in: 0..<time.count)),
            "program": .text(program), "schema": .number(String(schema)),
            "files": .array(
                files.map { file in
                    [
                        "name": .text(file.name), "length": .number(String(file.length)),
                        "sha256": .text(file.digest),
                    ]
                }),
        ]
    }

    /// The text of `manifest.json`.
    var text: [UInt8] { Array((json.serialized() + "\n").utf8) }

    /// The text of `SHA256SUMS`.
    var sums: [UInt8] {
        let sum = SHA256()
        sum.update(text)
        let all = files.map { ($0.digest, $0.name) } + [(SHA256.hex(sum.finish()), Self.name)]
        return Array(all.map { "\($0.0)  \($0.1)\n" }.joined().utf8)
    }

    init(
        hub: String, head: Int64, created: Int64, program: String, schema: Int64, files: [File]
    ) {
        self.hub = hub
        self.head = head
        self.created = created
        self.program = program
        self.schema = schema
        self.files = files
    }

    /// Reads the text of `manifest.json`, each byte of which counts.
    init(_ text: [UInt8]) throws(BackupFailure) {
        let content = try? JSONValue.parse(text)
        if let format = content?["format"]?.integer, format > Self.format {
            throw BackupFailure(
                Self.name,
                """
                its format is \(format), this program knows up to \(Self.format): use a newer \
                program
                """
            )
        }
        guard let content, let hub = content["hub"]?.text, let head = content["head"]?.integer,
            let created = content["created"]?.text.flatMap({ Timestamp.parse($0) }),
            let program = content["program"]?.text, let schema = content["schema"]?.integer,
            let elements = content["files"]?.elements
        else { throw Self.damaged }
        var files: [File] = []
        for element in elements {
            guard let name = element["name"]?.text, Self.isName(name),
                let length = element["length"]?.integer, let digest = element["sha256"]?.text
            else { throw Self.damaged }
            files.append(File(name: name, length: Int64(length), digest: digest))
        }
        self.init(
            hub: hub, head: Int64(head), created: created, program: program,
            schema: Int64(schema), files: files)
        guard self.text == text, files.contains(where: { $0.name == BackupNames.store }) else {
            throw Self.damaged
        }
    }

    private static let damaged = BackupFailure(name, "it is not what a backup wrote")

    /// Whether it names a file of a backup, and nothing outside of it.
    private static func isName(_ name: String) -> Bool {
        if name == BackupNames.store || name == BackupNames.tokens { return true }
        let words = name.split(separator: "/", omittingEmptySubsequences: false)
        return words.count == 2 && words[0] == BackupNames.archive
            && BackupNames.isArchiveFile(words[1])
    }
}

/// The names in a backup, which are those in a data folder.
enum BackupNames {
    static let store = "hub.db"
    static let tokens = "tokens.db"
    static let archive = "archive"

    static func isArchiveFile(_ name: some StringProtocol) -> Bool {
        name.hasSuffix(".jsonl.zst") && !name.hasPrefix(".") && !name.contains("/")
    }

    static func archived(_ name: String) -> String { "\(archive)/\(name)" }
}
