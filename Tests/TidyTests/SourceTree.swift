import Foundation
import Testing

/// The files of the repository, as they are on disk beside these tests.
enum SourceTree {
    struct File: Sendable, CustomTestStringConvertible {
        /// From the root of the repository, with slashes.
        let path: String
        let text: String

        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
        var name: Substring { path.split(separator: "/").last ?? "" }
        var isSwift: Bool { path.hasSuffix(".swift") }
        var isMarkdown: Bool { path.hasSuffix(".md") }
        var testDescription: String { path }
    }

    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every text file that belongs to the project: sources, tests, pages, scripts.
    static let files: [File] = folders.flatMap(files(in:)) + files(atTop: "")

    static let swift = files.filter(\.isSwift)
    static let sources = swift.filter { $0.path.hasPrefix("Sources/") }
    static let pages = files.filter(\.isMarkdown)

    /// Whether there is a file or a folder at `path`, of whatever kind.
    static func isThere(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    private static let folders = ["Sources", "Tests", "docs", "scripts", "Public", ".ci"]
    private static let kinds: Set = [
        "swift", "c", "h", "md", "yaml", "yml", "html", "css", "js", "modulemap", "", "sh",
        "service", "conf", "sysusers", "py",
    ]

    private static func files(in folder: String) -> [File] {
        let base = root.appending(path: folder)
        let paths = FileManager.default.enumerator(atPath: base.path)?.allObjects ?? []
        return paths.compactMap { $0 as? String }.sorted()
            .filter { path in !Allowed.generated.contains { "\(folder)/\(path)".hasPrefix($0) } }
            .compactMap { file("\(folder)/\($0)") }
    }

    private static func files(atTop: String) -> [File] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
        return names.sorted().filter { $0 != ".git" }.compactMap { file($0) }
    }

    private static func file(_ path: String) -> File? {
        let url = root.appending(path: path)
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder),
            !isFolder.boolValue, kinds.contains(url.pathExtension),
            let text = try? String(contentsOf: url, encoding: .utf8)
        else { return nil }
        return File(path: path, text: text)
    }
}
