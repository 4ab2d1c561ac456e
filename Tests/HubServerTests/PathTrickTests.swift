import Foundation
import TestSupport
import Testing

/// The hub has no files to serve but those that are built in: whatever a path says, whatever lies
/// in its folders, and whatever links lead away from there.
@Suite("Paths that try to lead elsewhere")
struct PathTrickTests {
    private static let ups = [
        "..", "%2e%2e", ".%2e", "%2E.", "%252e%252e", "..%00", "..;", "..%3b", "..%5c", "..\\",
        "%c0%ae%c0%ae", "%e0%80%ae%e0%80%ae", "%uff0e%uff0e", "\u{FF0E}\u{FF0E}", "....//", "...",
        ".", "%2e", "", "%20..", "..%20", "%09..", "..%0d%0a", "~root", "C:", "file:",
    ]
    private static let slashes = ["/", "%2f", "%2F", "%5c", "\\", "//", "%252f", "/./", "%c0%af"]
    private static let files = [
        "planted.txt", "hub.db", "tokens.db", "link", "etc/passwd", "archive/planted.txt",
        "proc/self/environ", "index.html%00.txt", "index.html.", "index.html~", "index.html%20",
        "Index.html", "app.js.map", ".git/config", "documents.c",
    ]

    /// All of them, in every form of a target that the hub takes, or refuses.
    private static var targets: [String] {
        var targets: [String] = []
        for up in ups {
            for slash in slashes {
                for file in files {
                    targets.append("/\(up)\(slash)\(file)")
                    targets.append("/v1/\(up)\(slash)\(up)\(slash)\(file)")
                }
            }
        }
        targets += files.flatMap { file in
            [
                "http://hub/\(file)", "http://hub/../\(file)", "file:///\(file)", "\(file)",
                "/index.html/\(file)", "/index.html/../\(file)", "/app.js?/../\(file)x",
                "/healthz/..%2f\(file)", "//hub/\(file)", "/\(file)#x", "/%2f\(file)",
            ]
        }
        return targets
    }

    @Test("Nothing is served but what is built in")
    func planted() throws {
        let folder = try TemporaryFolder()
        let planted = "PLANTED-\(UUID().uuidString)"
        for name in ["planted.txt", "index.html", "app.js", "archive/planted.txt"] {
            let url = URL(filePath: folder.path + "/" + name)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(planted.utf8).write(to: url)
        }
        for (name, target) in [("link", folder.path + "/planted.txt"), ("etc", "/etc")] {
            try FileManager.default.createSymbolicLink(
                atPath: folder.path + "/" + name, withDestinationPath: target)
        }
        let hub = try RunningHub(folder: folder)
        var client = try hub.client()
        for target in Self.targets {
            let answer = try client.get(target)
            // A query is no part of the path; one that a file does not have is passed over.
            let isPage = target.hasPrefix("/app.js?")
            #expect(
                isPage ? answer.status == 200 : [400, 404].contains(answer.status), "\(target)")
            #expect(!answer.text.contains(planted) && !answer.text.contains("root:"), "\(target)")
            if answer[field: "Connection"] == "close" { client = try hub.client() }
        }
        #expect(try client.get("/index.html").text.contains("<html"))
    }
}
