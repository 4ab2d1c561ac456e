/// One call of a scenario: what is asked, and what must come.
struct ScriptedCall {
    let method: String
    let path: String
    let body: String?
    let status: Int
    /// The code of a refusal.
    let code: String?

    /// The calls of `script`, in their order: a line with method, path, status and code, and the
    /// body on the indented lines below.
    private static func read(_ script: String) -> [ScriptedCall] {
        var calls: [ScriptedCall] = []
        let lines = script.replacing("$id", with: "0193aaaa-0000-7000-8000-000000000001")
            .split(separator: "\n")
        var rest = lines[...]
        while let line = rest.popFirst() {
            let words = line.split(separator: " ").map(String.init)
            let body = rest.prefix { $0.hasPrefix(" ") }
            rest = rest.dropFirst(body.count)
            calls.append(
                ScriptedCall(
                    method: words[0], path: words[1],
                    body: body.isEmpty ? nil : body.joined(separator: "\n"),
                    status: Int(words[2])!, code: words.count > 3 ? words[3] : nil))
        }
        return calls
    }

    /// A hub's first minutes: every operation in good cases and bad ones.
    static let all = read(empty + publishing + pulling + operating + burying + looking)

    private static let empty = """
        GET / 200
        GET /openapi.yaml 200
        GET /healthz 200
        GET /readyz 200
        GET /v1/topics 200
        GET /v1/warehouses 200

        """

    private static let publishing = """
        POST /v1/messages 201
            {"topic":"A_Created","wid":0,"body":{"a":[1,null]},"key":"k"}
        POST /v1/messages 201
            {"topic":"A_Changed","wid":3,"body":"x","key":"k","id":"$id"}
        POST /v1/messages 200
            {"topic":"A_Changed","wid":3,"body":"x","key":"k","id":"$id"}
        POST /v1/messages 409 id_conflict
            {"topic":"A_Changed","wid":3,"body":"y","key":"k","id":"$id"}
        POST /v1/messages 422 invalid_content
        POST /v1/messages 422 invalid_content
            []
        POST /v1/messages 400 malformed_json
            {
        POST /v1/messages 400 duplicate_member
            {"wid":1,"WID":1}
        POST /v1/messages/batch 201
            [{"topic":"A_Changed","wid":3,"body":1,"key":"k"},
             {"topic":"A_Changed","wid":3,"body":"x","key":"k","id":"$id"}]
        POST /v1/messages/batch 200
            [{"topic":"A_Changed","wid":3,"body":"x","key":"k","id":"$id"}]
        POST /v1/messages/batch 409 id_conflict
            [{"topic":"A_Changed","wid":3,"body":"y","key":"k","id":"$id"}]
        POST /v1/messages/batch 422 invalid_content
        POST /v1/messages/batch 422 invalid_content
            []
        POST /v1/messages/batch 422 invalid_content
            [1,{"topic":"a b"}]
        POST /v1/messages/batch 400 malformed_json
            [{]

        """

    private static let pulling = """
        POST /v1/warehouses/3/pull 422 invalid_content
            {"start":"nonsense"}
        POST /v1/warehouses/3/pull 422 unknown_id
            {"start":"0193aaaa-0000-7000-8000-00000000000f"}
        POST /v1/warehouses/3/pull 409 position_ahead
            {"start":99}
        POST /v1/warehouses/3/pull 409 other_hub
            {"hub":"other"}
        GET /v1/warehouses/3 404 unknown_warehouse
        POST /v1/warehouses/3/commit 404 unknown_warehouse
            {"index":1}
        POST /v1/warehouses/3/release 404 unknown_warehouse
        POST /v1/warehouses/3/seek 404 unknown_warehouse
            {"to":1}
        POST /v1/warehouses/3/pause 404 unknown_warehouse
        POST /v1/warehouses/3/pull 200
            {"limit":1,"session":"a","client":{"name":"n","time":"2026-11-20T08:00:00Z"}}
        POST /v1/warehouses/3/pull 409 session_held
        POST /v1/warehouses/3/pull 200
            {"session":"b","takeOver":true,"coalesce":true}
        POST /v1/warehouses/3/pull 409 session_fenced
            {"session":"a"}
        POST /v1/warehouses/3/commit 409 session_fenced
            {"index":1,"session":"a"}
        POST /v1/warehouses/3/commit 409 session_held
            {"index":1,"session":"c"}
        POST /v1/warehouses/3/commit 422 invalid_content
            {"session":"b"}
        POST /v1/warehouses/3/commit 409 position_ahead
            {"index":99,"session":"b"}
        POST /v1/warehouses/3/commit 200
            {"index":1,"session":"b"}
        POST /v1/warehouses/3/release 409 session_held
            {"session":"c"}
        POST /v1/warehouses/3/release 409 session_fenced
            {"session":"a"}
        POST /v1/warehouses/3/release 200
            {"session":"b"}
        POST /v1/warehouses/4/pull 200
            {"limit":1,"topics":["A_*"],"autocommit":true}
        POST /v1/warehouses/4/pull 422 invalid_content
            {"autocommit":true,"after":1}
        POST /v1/warehouses/4/pull 422 invalid_content
            {"takeOver":true}
        POST /v1/warehouses/5/pull 200
            {"start":"latest"}
        POST /v1/warehouses/6/pull 200
            {"limit":1}
        POST /v1/warehouses/6/commit 200
            {"index":1}
        GET /v1/warehouses/3/messages?after=0&limit=2&topic=A_* 200
        GET /v1/warehouses/3/messages?after=99 409 position_ahead
        GET /v1/warehouses/3/messages?after=%zz 400 malformed_query
        GET /v1/warehouses/3/messages?limit=1&limit=1 400 duplicate_member

        """

    private static let operating = """
        PUT /v1/warehouses/3 200
            {"name":"north","expectEverySeconds":300}
        POST /v1/warehouses/3/seek 200
            {"to":"earliest"}
        POST /v1/warehouses/3/commit 409 not_delivered
            {"index":1,"session":"b"}
        POST /v1/warehouses/3/pull 409 not_delivered
            {"commit":1,"session":"b"}
        POST /v1/warehouses/3/seek 200
            {"to":2,"dryRun":true}
        POST /v1/warehouses/3/seek 409 position_ahead
            {"to":99}
        POST /v1/warehouses/3/seek 422 unknown_id
            {"to":"0193aaaa-0000-7000-8000-00000000000f"}
        POST /v1/warehouses/3/pause 200
        POST /v1/warehouses/3/pull 423 paused
            {"session":"b"}
        POST /v1/warehouses/3/resume 200
            {}
        POST /v1/warehouses/3/retire 200
        POST /v1/warehouses/3/pull 410 retired
            {"session":"b"}
        POST /v1/warehouses/3/revive 200
        POST /v1/warehouses/3/revive 400 malformed_json
            [
        POST /v1/warehouses/3/take-over 200
        POST /v1/warehouses/3/pull 409 session_fenced
            {"session":"b"}
        POST /v1/warehouses/3/pull 200
            {"session":"b","takeOver":true}
        POST /v1/warehouses/77/take-over 404 unknown_warehouse
        POST /v1/warehouses/3/take-over 422 invalid_content
            {"a":1}

        """

    private static let burying = """
        POST /v1/warehouses/3/dead-letters 201
            {"id":"$id","index":2,"topic":"A_Changed","state":"dead","key":"k","body":[1,{"a":1}],
             "error":"no","tries":10,"firstAt":"2026-11-20T08:00:00Z",
             "lastAt":"2026-11-20T08:01:00Z"}
        POST /v1/warehouses/3/dead-letters 200
            {"id":"$id","index":2,"topic":"A_Changed","state":"dead"}
        POST /v1/warehouses/3/dead-letters 201
            {"id":"0193aaaa-0000-7000-8000-000000000002","index":3,"topic":"A_Changed",
             "state":"parked"}
        POST /v1/warehouses/3/dead-letters/batch 200
            [{"id":"$id","index":2,"topic":"A_Changed","state":"dead","key":"k"},
             {"id":"0193aaaa-0000-7000-8000-000000000002","index":3,"topic":"A_Changed",
             "state":"parked"}]
        POST /v1/warehouses/3/dead-letters/batch 422 invalid_content
            [{"id":"$id","state":"alive"}, 5]
        POST /v1/warehouses/77/dead-letters/batch 404 unknown_warehouse
            [{"id":"$id","index":2,"topic":"A_Changed","state":"dead"}]
        POST /v1/warehouses/3/dead-letters 422 invalid_content
            {"id":"$id","state":"alive"}
        POST /v1/warehouses/77/dead-letters 404 unknown_warehouse
            {"id":"$id","index":2,"topic":"A_Changed","state":"dead"}
        GET /v1/dead-letters?wid=3&topic=A_*&state=open&limit=5 200
        GET /v1/dead-letters?state=alive 422 invalid_content
        GET /v1/dead-letters/1 200
        GET /v1/dead-letters/99 404 unknown_dead_letter
        POST /v1/dead-letters/1/retry 200
        POST /v1/dead-letters/2/retry 409 dead_letter_parked
        POST /v1/dead-letters/2/drop 200
            {}
        POST /v1/dead-letters/99/drop 404 unknown_dead_letter
        POST /v1/dead-letters/1/drop 422 invalid_content
            {"a":1}
        POST /v1/warehouses/3/pull 200
            {"session":"b"}
        GET /v1/messages/$id 200
        POST /v1/dead-letters/retry 200
            {"filter":{"wid":3,"topic":"A_*"}}
        POST /v1/dead-letters/drop 200
            {"filter":{"state":"parked","key":"k"},"dryRun":true}
        POST /v1/dead-letters/drop 422 invalid_content
        POST /v1/warehouses/3/retire 200
        POST /v1/warehouses/3/dead-letters 410 retired
            {"id":"$id","index":2,"topic":"A_Changed","state":"dead"}
        POST /v1/warehouses/3/dead-letters/batch 410 retired
            [{"id":"$id","index":2,"topic":"A_Changed","state":"dead"}]
        POST /v1/dead-letters/1/drop 410 retired
        POST /v1/dead-letters/drop 200
            {"filter":{}}
        POST /v1/warehouses/3/revive 200
        POST /v1/warehouses/3/dead-letters 200
            {"id":"$id","index":2,"topic":"A_Changed","state":"done"}
        POST /v1/dead-letters/1/retry 409 dead_letter_settled
        GET /v1/dead-letters?state=all 200
        GET /v1/dead-letters/1 200

        """

    private static let looking = """
        GET /v1/messages/1 200
        GET /v1/messages/$id?wid=9 200
        GET /v1/messages/99 404 unknown_message
        GET /v1/messages/nonsense 404 not_found
        GET /v1/warehouses?limit=1 200
        GET /v1/warehouses/3 200
        GET /v1/warehouses?nonsense 422 invalid_content
        GET /v1/messages?limit=2 200
        GET /v1/messages?topic=A_*&wid=3&key=k&text=x&from=2000-01-01T00:00:00Z&order=oldest 200
        GET /v1/messages?text= 422 invalid_content
        GET /v1/messages?wid=a 422 invalid_content
        GET /v1/archive 200
        GET /v1/archive?limit=0 422 invalid_content
        POST /v1/archive/verify 200
        POST /v1/archive/verify 404 unknown_file
            {"file":"2026-11-20-0.jsonl.zst"}
        POST /v1/archive/replay 200
            {"filter":{"topic":"A_*"},"wid":3,"dryRun":true}
        POST /v1/archive/replay 200
            {"filter":{"topic":"A_*"},"wid":3,"id":"0193aaaa-0000-7000-8000-000000000007"}
        POST /v1/archive/replay 422 invalid_content
            {"filter":{},"wid":3}
        POST /v1/archive/prune 200
            {"before":"2000-01-01T00:00:00Z","dryRun":true}
        POST /v1/archive/prune 200
            {"before":1}
        POST /v1/archive/prune 422 invalid_content
            {"before":"latest"}
        GET /v1/topics 200
        GET /v1/audit?wid=3&limit=2 200
        GET /v1/audit?action=nonsense 422 invalid_content
        GET /v1/session 200
        POST /v1/session 200
            {"token":"x"}
        POST /v1/session 422 invalid_content
        DELETE /v1/session 200
        GET /index.html 200
        GET /v1/warehouses?trend=true 200
        GET /v1/warehouses/3/history 200
        GET /v1/warehouses/3/history?range=week 200
        GET /v1/warehouses/99/history 404 unknown_warehouse
        GET /v1/warehouses?trend=yes 422 invalid_content
        GET /v1/stats 200
        GET /v1/stats?range=week 200
        GET /v1/stats?from=2026-11-20T08:00:00Z&to=2026-11-20T07:00:00Z 422 invalid_content
        GET /metrics 200
        GET /metrics?a=1 422 invalid_content

        """
}
