import Testing
import Wire

@testable import message_center

@Suite("The commands of a hub")
struct HubCommandTests {
    private func run(
        _ words: [String], input: String = "", against hub: FakeHub
    ) throws -> ProgramRun {
        try ProgramRun(words, input: input, environment: ["MESSAGE_CENTER_URL": hub.url])
    }

    private let page = """
        {"wid":3,"messages":[{"id":"x","index":41,"ordinal":7,"topic":"SaleOrder_Changed","wid":3,\
        "key":"order:7","body":{"OrderId":"7","Total":2.50},"created":"2026-11-20T08:00:00.000Z",\
        "coalesced":2}],"next":43,"more":false,\
        "count":{"from":7,"to":9,"filtered":0,"coalesced":2},"committed":40,"delivered":43,\
        "lag":{"messages":3,"seconds":12},"hub":"h","commands":[]}
        """

    @Test("publish sends one message with an id and the body as it was written")
    func publishOne() throws {
        let hub = try FakeHub([
            .init(
                status: 201, body: #"{"id":"018f","index":7,"created":"2026-11-20T08:00:00.000Z"}"#)
        ])
        let run = try run(
            [
                "publish", "--topic", "A_B", "--wid", "0", "--key", "k:1", "--body",
                "{ \"p\": 2.50 }",
            ], against: hub)
        #expect(run.output == "018f  index 7\n")
        #expect(run.status == 0)
        let request = try #require(hub.requests.first)
        #expect(request.line == "POST /v1/messages HTTP/1.1")
        #expect(request.body.contains("\"body\":{ \"p\": 2.50 }"))
        let message = try JSONValue.parse(request.body)
        #expect(message["id"]?.text?.utf8.count == 36)
        #expect(message["wid"]?.integer == 0)
    }

    @Test("A command that asks too often waits as long as the hub says, and asks again")
    func limited() throws {
        let refused = FakeHub.Answer(
            status: 429, fields: ["Retry-After: 1"],
            body: #"{"code":"rate_limited","retryable":true,"detail":"go slower"}"#)
        let hub = try FakeHub([refused, refused, .init(body: #"{"topics":[]}"#)])
        let began = ContinuousClock.now
        let run = try run(["topic", "list"], against: hub)
        #expect(run.status == 0, "\(run.errors)")
        #expect(hub.requests.count == 3)
        #expect(ContinuousClock.now - began >= .seconds(2))
    }

    @Test("A command that is refused again and again says so", .timeLimit(.minutes(1)))
    func limitedForLong() throws {
        let refused = FakeHub.Answer(
            status: 429, fields: ["Retry-After: 0"],
            body: #"{"code":"rate_limited","retryable":true,"detail":"go slower"}"#)
        let hub = try FakeHub(Array(repeating: refused, count: 9))
        let run = try run(["topic", "list"], against: hub)
        #expect(run.status != 0)
        #expect(run.errors.contains("go slower"))
        #expect(hub.requests.count == 5)
    }

    @Test("publish sends a file in batches, in order, each message with an id")
    func publishFile() throws {
        let hub = try FakeHub([
            .init(status: 201, body: #"{"count":2,"firstIndex":1,"lastIndex":2,"duplicates":0}"#),
            .init(status: 201, body: #"{"count":1,"firstIndex":3,"lastIndex":3,"duplicates":0}"#),
        ])
        let lines = (1...3).map { #"{"topic":"A_B","wid":\#($0),"body":"b"}"# + "\n" }.joined()
        let run = try run(
            ["publish", "--file", "-", "--batch", "2", "--json"], input: lines, against: hub)
        #expect(run.status == 0, "\(run.errors)")
        let summary = try JSONValue.parse(run.output)
        #expect(summary["count"]?.integer == 3)
        #expect(summary["lastIndex"]?.integer == 3)
        let sent = hub.requests.map { $0.body.split(separator: "\n").map(String.init) }
        #expect(sent.map(\.count) == [2, 1])
        #expect(try sent.joined().map { try JSONValue.parse($0)["wid"]?.integer } == [1, 2, 3])
        #expect(hub.requests[0].head.contains("Content-Type: application/x-ndjson"))
    }

    @Test("publish sends the same bytes again while the hub is away for a moment")
    func publishAgain() throws {
        let hub = try FakeHub([
            .init(
                status: 503, fields: ["Retry-After: 0"],
                body: #"{"title":"busy","status":503,"code":"busy","retryable":true}"#),
            .init(status: 201, body: #"{"count":1,"firstIndex":1,"lastIndex":1,"duplicates":0}"#),
        ])
        let run = try run(
            ["publish", "--file", "-"], input: #"{"topic":"A_B","wid":1,"body":1}"#, against: hub)
        #expect(run.status == 0, "\(run.errors)")
        #expect(hub.requests.count == 2)
        #expect(hub.requests[0].body == hub.requests[1].body)
        #expect(run.errors.contains("busy (503 busy); trying again"))
    }

    @Test("publish gives up after its tries")
    func publishGivesUp() throws {
        let busy = FakeHub.Answer(status: 503, fields: ["Retry-After: 0"], body: "")
        let hub = try FakeHub([busy, busy, busy])
        let run = try run(
            ["publish", "--file", "-", "--tries", "2", "--quiet"],
            input: #"{"topic":"A_B","wid":1,"body":1}"#, against: hub)
        #expect(run.status == 1)
        #expect(hub.requests.count == 2)
    }

    @Test("publish names a bad line, and sends nothing from its batch on")
    func badLine() throws {
        let hub = try FakeHub([
            .init(status: 201, body: #"{"count":2,"firstIndex":1,"lastIndex":2,"duplicates":0}"#)
        ])
        let good = #"{"topic":"A_B","wid":1,"body":1}"#
        let file = try TemporaryFile("\(good)\n\n\(good)\n\(good)\n{\"topic\":\"A_B\"}\n\(good)\n")
        let run = try run(["publish", "--file", file.path, "--batch", "2"], against: hub)
        #expect(run.status == 1)
        #expect(
            run.errors.contains("line 5: \"wid\" is missing; nothing from line 4 on was sent"),
            "\(run.errors)")
        #expect(hub.requests.count == 1)
    }

    @Test("publish tells the file's line where the hub refuses one")
    func refusedLine() throws {
        let hub = try FakeHub([
            .init(
                status: 422,
                body: """
                    {"title":"invalid content","status":422,"code":"invalid","errors":\
                    [{"pointer":"/1/key","detail":"must not be empty"}]}
                    """)
        ])
        let good = #"{"topic":"A_B","wid":1,"key":"k","body":1}"#
        let run = try run(
            ["publish", "--file", "-"], input: "\(good)\n\n\(good)\n", against: hub)
        #expect(run.status == 1)
        #expect(run.errors.contains("standard input, line 3, /key: must not be empty"))
    }

    @Test("publish leaves a hub alone that is not empty, if so told")
    func notEmpty() throws {
        let hub = try FakeHub([.init(body: #"{"messages":[{"index":1}],"head":1}"#)])
        let run = try run(["publish", "--sample", "--if-empty"], against: hub)
        #expect(run.status == 0)
        let line = "GET /v1/warehouses/1/messages?after=0&limit=1 HTTP/1.1"
        #expect(hub.requests.map(\.line) == [line])
    }

    @Test("pull shows a table, and what to commit")
    func pull() throws {
        let hub = try FakeHub([.init(body: page)])
        let run = try run(
            ["pull", "--wid", "3", "--limit", "5", "--topics", "A_*,B", "--start", "latest"],
            against: hub)
        let lines = run.output.split(separator: "\n").map(String.init)
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("INDEX  ORDINAL  CREATED"))
        #expect(lines[1].contains(" 41+2 ") || lines[1].hasPrefix(" 41+2"))
        #expect(lines[1].hasSuffix(#"order:7  {"OrderId":"7","Total":2.50}"#))
        #expect(run.errors.contains("1 message; 2 coalesced; next 43; committed 40; lag 3, 12.0 s"))
        #expect(run.errors.contains("message-center commit --wid 3 --index 43"))
        let request = try #require(hub.requests.first)
        #expect(request.line == "POST /v1/warehouses/3/pull HTTP/1.1")
        let body = try JSONValue.parse(request.body)
        #expect(body["limit"] == 5)
        #expect(body["topics"] == ["A_*", "B"])
        #expect(body["start"] == "latest")
        #expect(body["autocommit"] == nil)
    }

    @Test(
        "pull tells a commit that would be taken: of the same session, at the same hub",
        arguments: [
            ([], 0, "when they are done: message-center commit --wid 3 --index 43 --hub HUB\n"),
            (["--session", "a"], 0, "--index 43 --session a --hub HUB\n"),
            (["--session", "a'b"], 0, #"--session 'a'\''b' --hub HUB\#n"#),
            ([], 2, "when they are done, and the 2 filtered may be passed over: message-center "),
        ] as [([String], Int, String)])
    func pullHint(words: [String], filtered: Int, expected: String) throws {
        let body = page.replacing("\"filtered\":0", with: "\"filtered\":\(filtered)")
        let hub = try FakeHub([.init(body: body)])
        let run = try ProgramRun(["pull", "--wid", "3", "--hub", hub.url] + words)
        #expect(run.errors.contains(expected.replacing("HUB", with: hub.url)), "\(run.errors)")
    }

    @Test("pull tells no commit for what it has read ahead: the hub would refuse it")
    func pullAhead() throws {
        let hub = try FakeHub([.init(body: page)])
        let run = try run(["pull", "--wid", "3", "--after", "40"], against: hub)
        #expect(run.errors.contains("next 43"))
        #expect(!run.errors.contains("message-center commit"), "\(run.errors)")
    }

    @Test("pull gives programs the hub's own bytes")
    func pullJSON() throws {
        let hub = try FakeHub([.init(body: page)])
        #expect(try run(["pull", "--wid", "3", "--json"], against: hub).output == page + "\n")
    }

    @Test("commit tells where the warehouse stands now")
    func commit() throws {
        let hub = try FakeHub([.init(body: #"{"committed":1300}"#)])
        let run = try run(
            ["commit", "--wid", "3", "--index", "1300", "--session", "s"], against: hub)
        #expect(run.output == "warehouse 3 has committed up to 1300\n")
        #expect(hub.requests.first?.body == #"{"index":1300,"session":"s"}"#)
    }

    @Test("tell a problem in words: what, what else is known, what to do")
    func problem() throws {
        let body = """
            {"type":"about:blank","title":"The line is held","status":409,"detail":"by another",\
            "code":"session_held","retryable":false,"holder":"a1b2"}
            """
        let hub = try FakeHub([.init(status: 409, body: body), .init(status: 409, body: body)])
        let run = try run(["pull", "--wid", "3"], against: hub)
        #expect(run.status == 1)
        #expect(
            run.errors == """
                message-center: The line is held: by another (409 session_held)
                  holder: a1b2
                  next: wait until the lease ends, or take the line over with --take-over

                """)
        let forPrograms = try self.run(["pull", "--wid", "3", "--json"], against: hub)
        #expect(forPrograms.errors == body + "\n")
    }

    @Test("say a single mistake once")
    func oneMistake() throws {
        let hub = try FakeHub([
            .init(
                status: 422,
                body: """
                    {"title":"No","status":422,"detail":"/to must be a time","code":"invalid",\
                    "errors":[{"pointer":"/to","detail":"must be a time"}]}
                    """)
        ])
        let run = try run(
            ["warehouse", "seek", "--wid", "3", "--to", "2026", "--yes"], against: hub)
        #expect(run.errors == "message-center: No: /to must be a time (422 invalid)\n")
    }

    @Test("message show tells the message, and not the place of the page")
    func messageShow() throws {
        let hub = try FakeHub([
            .init(body: #"{"index":5,"journey":[{"wid":3}],"nextPageToken":null}"#),
            .init(body: #"{"index":5,"journey":[{"wid":3}],"nextPageToken":"3"}"#),
        ])
        let whole = try run(["message", "show", "5"], against: hub)
        #expect(whole.output == "index  5\n\njourney:\n  WID\n    3\n")
        #expect(whole.errors.isEmpty)
        let part = try run(["message", "show", "5"], against: hub)
        #expect(part.output == whole.output)
        #expect(part.errors.contains("more warehouses"))
    }

    @Test("warehouse name tells what it has set")
    func warehouseName() throws {
        let hub = try FakeHub([.init(body: "{}")])
        let run = try run(
            ["warehouse", "name", "--wid", "3", "--name", "north", "--expect-every", "300"],
            against: hub)
        #expect(run.output == "warehouse 3 is named 'north', is expected every 300 s\n")
    }

    @Test("send the token, and keep it out of what they say")
    func token() throws {
        let hub = try FakeHub([.init(status: 401, body: "")])
        let file = try TemporaryFile("secret-1\n")
        let run = try run(["topic", "list", "--token-file", file.path], against: hub)
        #expect(hub.requests.first?.head.contains("Authorization: Bearer secret-1") == true)
        #expect(run.errors.contains("give a token"))
        #expect(!run.errors.contains("secret-1"))
    }

    @Test("seek previews, and moves only with a yes")
    func seek() throws {
        let preview = FakeHub.Answer(
            body: #"{"from":1200,"to":100,"messages":1100,"direction":"back"}"#)
        let hub = try FakeHub([preview, preview, preview])
        let words = ["warehouse", "seek", "--wid", "3", "--to", "100"]
        let dry = try run(words + ["--dry-run"], against: hub)
        #expect(
            dry.output
                == "warehouse 3 goes from 1200 to 100: 1,100 messages will be handed out again\n")
        #expect(hub.requests.map(\.body) == [#"{"to":100,"dryRun":true}"#])
        let done = try run(words + ["--yes"], against: hub)
        #expect(done.output == "warehouse 3 now stands at 100\n")
        #expect(hub.requests.last?.body == #"{"to":100}"#)
    }

    @Test("warehouse list shows what fits on a screen")
    func warehouses() throws {
        let hub = try FakeHub([
            .init(
                body: """
                    {"warehouses":[{"wid":3,"name":"Nord","committed":40,"delivered":43,"head":50,\
                    "lag":{"messages":10,"seconds":5},"state":"ok","client":{"name":"x"}}]}
                    """)
        ])
        let run = try run(["warehouse", "list"], against: hub)
        let lines = run.output.split(separator: "\n").map(String.init)
        #expect(lines.first == "WID  NAME  STATE  COMMITTED  HEAD  LAG MESSAGES  LAG SECONDS")
        #expect(lines.last?.hasPrefix("  3  Nord  ok ") == true)
    }

    @Test("warehouse list goes through all pages")
    func pages() throws {
        let hub = try FakeHub([
            .init(body: #"{"head":9,"warehouses":[{"wid":3}],"nextPageToken":"3"}"#),
            .init(body: #"{"head":9,"warehouses":[{"wid":4}],"nextPageToken":null}"#),
        ])
        let run = try run(["warehouse", "list", "--json"], against: hub)
        #expect(run.output == "{\"warehouses\":[{\"wid\":3},{\"wid\":4}]}\n")
        #expect(hub.requests.last?.line == "GET /v1/warehouses?pageToken=3 HTTP/1.1")
    }

    @Test("health tells by its exit status whether a hub is ready")
    func health() throws {
        let hub = try FakeHub([.init(body: "ok"), .init(status: 503, body: "")])
        #expect(try run(["health"], against: hub).status == 0)
        #expect(try run(["health", "--quiet"], against: hub).status == 1)
        #expect(hub.requests.allSatisfy { $0.line == "GET /readyz HTTP/1.1" })
    }

    @Test("tail goes on behind what it has shown, and moves nothing")
    func tail() throws {
        let hub = try FakeHub([
            .init(body: #"{"messages":[{"index":6,"topic":"A_B"}],"next":8,"more":true}"#),
            .init(body: #"{"messages":[],"next":8,"more":true}"#),
            .init(body: #"{"messages":[{"index":9,"topic":"A_C"}],"next":9,"more":false}"#),
        ])
        let run = try ProgramRun(
            ["tail", "--wid", "3", "--from", "5", "--json"], untilLines: 2,
            environment: ["MESSAGE_CENTER_URL": hub.url])
        #expect(run.output == "{\"index\":6,\"topic\":\"A_B\"}\n{\"index\":9,\"topic\":\"A_C\"}\n")
        #expect(
            hub.requests.prefix(3).map(\.line)
                == [5, 8, 8].map {
                    "GET /v1/warehouses/3/messages?after=\($0)&limit=100 HTTP/1.1"
                })
    }

    @Test("tail begins at the newest message, also of a warehouse that nobody knows yet")
    func tailFromLatest() throws {
        let hub = try FakeHub([
            .init(body: #"{"messages":[{"index":1}],"next":1,"more":true,"head":41}"#),
            .init(body: #"{"messages":[{"index":42}],"next":42,"more":false}"#),
        ])
        let run = try ProgramRun(
            ["tail", "--wid", "3", "--json"], untilLines: 1,
            environment: ["MESSAGE_CENTER_URL": hub.url])
        #expect(run.output == "{\"index\":42}\n")
        #expect(hub.requests.dropFirst().first?.line.contains("after=41&") == true)
    }
}
