import Hub
import HubServer
import Platform
import TestSupport
import Testing
import Wire

/// The archive's list, and what verifying it tells.
@Suite("Listing and verifying the archive") struct ArchiveLookTests {
    private let hub: RunningHub
    private let client: RawClient
    private let files: [JSONValue]

    /// 120 messages on three days, 100 of them archived, in frames of ten.
    init() throws {
        let folder = try TemporaryFolder()
        let clock = WallClock()
        let first = try RunningHub(folder: folder, clock: clock)
        let client = try first.client()
        for number in 0..<120 {
            clock.offsetMilliseconds = Int64(number / 40 - 3) * 86_400_000
            try client.publish(wid: number % 4, key: "k\(number)", body: .text("body \(number)"))
        }
        first.stop()
        try ArchiveMove.run(folder.path, through: 100, perFrame: 10)
        hub = try RunningHub(folder: folder, clock: clock)
        self.client = try hub.client()
        files = try self.client.get("/v1/archive")["files"].elements ?? []
    }

    private func path(_ place: Int) -> String {
        "\(hub.folder.path)/archive/\(files[place]["name"]!.text!)"
    }

    /// All slices of a verification.
    private func verify(_ file: Int? = nil) throws -> (frames: Int, damages: [JSONValue]) {
        var body: JSONValue = file.map { ["file": files[$0]["name"]!] } ?? [:]
        var (frames, damages): (Int, [JSONValue]) = (0, [])
        while true {
            let answer = try client.post("/v1/archive/verify", body)
            guard answer.status == 200 else { throw Unexpected(answer) }
            frames += answer.integer("verified", "frames") ?? 0
            damages += answer["damages"].elements ?? []
            guard let token = answer["nextPageToken"].text else { return (frames, damages) }
            body = .object(
                (body.members ?? []).filter { $0.name == "file" }
                    + [.init("pageToken", .text(token))])
        }
    }

    private func change(_ place: Int, _ change: (inout [UInt8]) -> Void) throws {
        var bytes = try RawFile.bytes(path(place))
        change(&bytes)
        try RawFile.write(bytes, path(place))
    }

    private func state(_ place: Int) throws -> JSONValue? {
        try client.get("/v1/archive")["files"][place]
    }

    @Test("The list has every file with its range, sizes, ratio and state, and the sums")
    func list() throws {
        let archive = try client.get("/v1/archive")
        #expect(archive.integer("border") == 100)
        #expect(archive.integer("oldest") == 1)
        #expect(archive.integer("head") == 120)
        #expect(files.map { $0["first"]?.integer } == [1, 41, 81])
        #expect(files.map { $0["last"]?.integer } == [40, 80, 100])
        #expect(files.map { $0["frames"]?.integer } == [4, 4, 2])
        #expect(files.map { $0["messages"]?.integer } == [40, 40, 20])
        #expect(files.allSatisfy { $0["state"]?.text == "ok" && $0["verified"]?.isNull == true })
        for (place, file) in files.enumerated() {
            #expect(try RawFile.bytes(path(place)).count == file["bytes"]?.integer)
            #expect(file["ratio"]!.double! > 1)
        }
        for sum in ["frames", "messages", "bytes", "rawBytes"] {
            let all = files.reduce(0) { $0 + $1[sum]!.integer! }
            #expect(archive.integer(sum) == all, "\(sum)")
        }
    }

    @Test("The list comes in pages")
    func pages() throws {
        var (names, token): ([String?], String?) = ([], nil)
        repeat {
            let page = try client.get(
                "/v1/archive?limit=1" + (token.map { "&pageToken=\($0)" } ?? ""))
            names += (page["files"].elements ?? []).map { $0["name"]?.text }
            token = page["nextPageToken"].text
        } while token != nil
        #expect(names == files.map { $0["name"]?.text })
    }

    @Test("A sound archive verifies, and each file tells when")
    func sound() throws {
        let (frames, damages) = try verify()
        #expect(frames == 10)
        #expect(damages == [])
        for place in 0..<3 {
            #expect(Timestamp.parse(try state(place)?["verified"]?.text ?? "") != nil)
        }
    }

    @Test("One file is verified alone")
    func oneFile() throws {
        #expect(try verify(1).frames == 4)
        #expect(try state(0)?["verified"]?.isNull == true)
        #expect(try state(1)?["verified"]?.text != nil)
    }

    @Test("A flipped byte: the file, the frame and its range", arguments: [0.01, 0.3, 0.6, 0.99])
    func flipped(_ share: Double) throws {
        let size = files[1]["bytes"]!.integer!
        let place = Int(Double(size) * share)
        try change(1) { $0[place] ^= 0x20 }
        let (frames, damages) = try verify()
        #expect(frames == 9)
        #expect(damages.count == 1)
        let damage = try #require(damages.first)
        #expect(damage["file"] == files[1]["name"])
        #expect(damage["kind"] == "damaged")
        let (offset, length) = (damage["offset"]!.integer!, damage["length"]!.integer!)
        #expect(offset <= place && place < offset + length)
        let (first, last) = (damage["first"]!.integer!, damage["last"]!.integer!)
        #expect(first >= 41 && last == first + 9 && last <= 80 && first % 10 == 1)
        #expect(try state(1)?["state"] == "damaged")
        #expect(try state(1)?["verified"]?.isNull == true)
        // And back again.
        try change(1) { $0[place] ^= 0x20 }
        #expect(try verify(1).damages == [])
        #expect(try state(1)?["state"] == "ok")
        #expect(try state(1)?["verified"]?.text != nil)
    }

    @Test("A file cut short: the frames that are not whole")
    func cut() throws {
        try change(2) { $0.removeLast() }
        let (frames, damages) = try verify()
        #expect(frames == 9)
        #expect(damages.map { $0["kind"] } == ["cut"])
        #expect(damages.map { $0["first"]?.integer } == [91])
        #expect(damages.map { $0["last"]?.integer } == [100])
        #expect(try state(2)?["state"] == "damaged")
    }

    @Test("A missing file is one damage, from its first message to its last")
    func missing() throws {
        try RawFile.remove(path(0))
        let (frames, damages) = try verify()
        #expect(frames == 6)
        #expect(damages.count == 1)
        #expect(damages[0]["kind"] == "missing")
        #expect(damages[0]["file"] == files[0]["name"])
        #expect(damages[0]["first"] == 1 && damages[0]["last"] == 40)
        #expect(damages[0]["length"] == files[0]["bytes"])
        #expect(try state(0)?["state"] == "missing")
    }

    @Test("Two files swapped: every frame of both")
    func swapped() throws {
        let (first, second) = (try RawFile.bytes(path(0)), try RawFile.bytes(path(1)))
        try RawFile.write(second, path(0))
        try RawFile.write(first, path(1))
        let (frames, damages) = try verify()
        #expect(frames == 2)
        #expect(damages.count == 8)
        let kinds = damages.map { $0["kind"]?.text ?? "" }
        #expect(kinds.allSatisfy { ["damaged", "cut"].contains($0) })
    }

    @Test("Another hub's file under the name of one of these is foreign")
    func foreign() throws {
        let other = try ArchiveLookTests()
        try RawFile.write(RawFile.bytes(other.path(1)), path(1))
        let (frames, damages) = try verify()
        #expect(frames == 6)
        #expect(damages.count == 1)
        #expect(damages[0]["kind"] == "foreign")
        #expect(damages[0]["first"] == 41 && damages[0]["last"] == 80)
    }

    @Test("What is damaged is named by a search and by the message itself too")
    func told() throws {
        try change(1) { $0[$0.count / 2] ^= 1 }
        let damage = try #require(try verify().damages.first)
        let search = try client.get("/v1/messages?limit=1000")
        let unreadable = search["unreadable"].elements ?? []
        #expect(unreadable.count == 1)
        for member in ["file", "first", "last", "detail"] {
            #expect(unreadable.first?[member] == damage[member])
        }
        #expect(search.messages.count == 110)
        let one = try client.get("/v1/messages/\(damage["first"]!.integer!)")
        #expect(one.code == "archive_damaged")
        #expect(one["detail"].text?.contains(files[1]["name"]!.text!) == true)
    }

    // MARK: Prune

    private func prune(_ body: JSONValue) throws -> Answer {
        let answer = try client.post("/v1/archive/prune", body)
        guard answer.status == 200 else { throw Unexpected(answer) }
        return answer
    }

    @Test("A prune takes whole files, after a dry run that took nothing")
    func prune() throws {
        let preview = try prune(["before": 81, "dryRun": true])
        #expect(preview.integer("files") == 2)
        #expect(preview.integer("messages") == 80)
        #expect(preview.integer("through") == 80)
        #expect(try verify().frames == 10)
        let done = try prune(["before": 81])
        #expect(done.json == preview.json)
        let archive = try client.get("/v1/archive")
        #expect(archive.integer("oldest") == 81)
        #expect(archive["files"].elements?.map { $0["first"]?.integer } == [81])
        #expect(try verify().frames == 2)
        #expect(try verify().damages == [])
        let all = try client.get("/v1/messages?limit=1000&order=oldest")
        #expect(all.indexes == Array(81...120))
        #expect(all["unreadable"].elements == [])
        #expect(try client.get("/v1/messages/80").code == "unknown_message")
        #expect(try client.get("/v1/messages/81").status == 200)
        // The files are removed behind the answer at the latest with it.
        #expect(throws: (any Error).self) { try RawFile.bytes(path(0)) }
        #expect(throws: (any Error).self) { try RawFile.bytes(path(1)) }
        #expect(try prune(["before": 81]).integer("files") == 0)
    }

    @Test("A prune by time spares a file that is not wholly older")
    func pruneByTime() throws {
        let last = files[1]["to"]!.text!
        #expect(try prune(["before": .text(last), "dryRun": true]).integer("through") == 40)
        #expect(
            try prune(["before": "2999-01-01T00:00:00Z", "dryRun": true])
                .integer("through") == 100)
        #expect(try prune(["before": "1999-01-01T00:00:00Z"]).integer("files") == 0)
        #expect(try client.get("/v1/archive").integer("oldest") == 1)
    }
}
