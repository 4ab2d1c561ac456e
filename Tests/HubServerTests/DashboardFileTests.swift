import Foundation
import TestSupport
import Testing
import Wire

/// The dashboard's files, as browsers get them.
@Suite("The dashboard's files") struct DashboardFileTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Public").standardized

    private static var names: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        }
    }

    private func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: Self.folder.appending(path: name)))
    }

    @Test("Every file of the folder is served as it is, to anybody, with its type")
    func served() throws {
        let folder = try TemporaryFolder()
        _ = try TokenFileMaker.admin(folder)
        let hub = try RunningHub(folder: folder)
        let client = try hub.client()
        let names = try Self.names
        #expect(names.contains("index.html"))
        for name in names {
            let answer = try client.get("/\(name)")
            #expect(answer.status == 200, "\(name) is not in Sources/CDocuments/documents.c")
            #expect(answer.body == (try bytes(name)), "\(name)")
            #expect(answer[field: "Content-Type"] == Self.type(of: name), "\(name)")
            #expect(answer[field: "X-Content-Type-Options"] == "nosniff")
            #expect(answer[field: "Cache-Control"] == "no-cache")
        }
        #expect(try client.get("/").body == (try bytes("index.html")))
        #expect(try client.request("HEAD", "/").body.isEmpty)
        #expect(try client.post("/")[field: "Allow"] == "GET, HEAD")
    }

    private static func type(of name: String) -> String? {
        [
            "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8",
            "css": "text/css; charset=utf-8", "svg": "image/svg+xml",
        ][(name as NSString).pathExtension]
    }

    @Test("Nothing that stands in a page runs, and nothing is loaded from elsewhere")
    func policy() throws {
        let hub = try RunningHub()
        let answer = try hub.client().get("/")
        let policy = try #require(answer[field: "Content-Security-Policy"])
        #expect(policy.contains("default-src 'none'"))
        #expect(policy.contains("frame-ancestors 'none'"))
        #expect(!policy.contains("unsafe"))
        #expect(!policy.contains("http"))
        #expect(answer[field: "X-Frame-Options"] == "DENY")
        #expect(answer[field: "Cross-Origin-Opener-Policy"] == "same-origin")
        #expect(answer[field: "Referrer-Policy"] == "no-referrer")
    }

    @Test("A file that the browser has is not sent again")
    func known() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        let tag = try #require(try client.get("/")[field: "ETag"])
        #expect(tag.hasPrefix("W/\""))
        for known in [tag, "\"x\", \(tag)"] {
            let answer = try client.request("GET", "/", fields: ["If-None-Match": known])
            #expect(answer.status == 304)
            #expect(answer[field: "ETag"] == tag)
            #expect(answer[field: "Content-Length"] == nil)
        }
        let other = try client.request("GET", "/", fields: ["If-None-Match": "W/\"0\""])
        #expect(other.status == 200)
        #expect(try client.get("/v1/topics").status == 200, "the connection goes on")
    }

    @Test(
        "No path leads out of the folder, or to a file that is not in it",
        arguments: [
            "/index.htm", "/index.html/", "//index.html", "/./index.html", "/../Package.swift",
            "/..%2fPackage.swift", "/%2e%2e/Package.swift", "/index%2ehtml", "/INDEX.HTML",
            "/index.html%00", "/Public/index.html", "/documents.c", "/.git", "/etc/passwd",
        ])
    func elsewhere(path: String) throws {
        let hub = try RunningHub()
        let answer = try hub.client().get(path)
        #expect(answer.status == 404)
        #expect(answer.code == "not_found")
    }
}
