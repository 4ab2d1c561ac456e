import Foundation
import HubServer
import TestSupport
import Testing
import Wire

/// Who may do what: `docs/openapi.yaml` from end to end, with everybody who may come.
@Suite("Who may do what") struct AccessTests {
    private static let operations = OpenAPIDocument.shared.operations

    // MARK: The table

    @Test("The document names the roles that the hub asks for", arguments: operations)
    func roles(_ operation: OpenAPIDocument.Operation) throws {
        #expect(operation.roles == (try route(operation).access.roles))
        let isOpen = operation.content["security"]?.elements?.isEmpty == true
        #expect(isOpen == (operation.roles == ["anyone"]))
    }

    @Test("Every route of the hub is in the document, and nothing else")
    func routes() throws {
        let source = try String(
            contentsOf: OpenAPIDocument.repository.appending(
                path: "Sources/HubServer/Route.swift"), encoding: .utf8)
        let cases = source.prefix(upTo: try #require(source.range(of: "var bodyLimit")).lowerBound)
        let known = Set(
            cases.matches(of: /\n +case (.*)/).flatMap { match in
                match.1.replacing(/\([^)]*\)/, with: "").split(separator: ", ").map(String.init)
            })
        #expect(known.count > 40)
        var reached: Set<String> = []
        for operation in Self.operations {
            let told = String(describing: try route(operation))
            reached.formUnion(told.matches(of: /(?:^|\.)([a-z]\w*)/).map { String($0.1) })
        }
        #expect(known == reached.subtracting(["retry", "drop"]))
        #expect(reached.isSuperset(of: ["retry", "drop"]))
    }

    private func route(_ operation: OpenAPIDocument.Operation) throws -> Route {
        let method: RequestHead.Method =
            switch operation.method {
            case "GET": .get
            case "POST": .post
            case "PUT": .put
            default: .delete
            }
        let path = Array(operation.path().utf8)
        return try Route.find(method, Target(path.span.bytes))
    }

    // MARK: The walk

    @Test(
        "Who may not is refused, and has changed nothing; who may is let in",
        // Who signs in says who it is by the body: below.
        arguments: operations.filter { $0.testDescription != "POST /v1/session" })
    func walk(_ operation: OpenAPIDocument.Operation) throws {
        let house = try AccessHouse()
        let before = try house.state()
        for caller in house.callers where !caller.may(operation) {
            let answer = try house.ask(caller, operation, operation.method)
            let name = "\(caller.name): \(answer.status) \(answer.text)"
            #expect(answer.status == caller.refusal(operation), "\(name)")
            #expect(OpenAPIDocument.shared.faults(answer, to: operation) == [])
            #expect(
                (answer.status == 401) == (answer[field: "WWW-Authenticate"] != nil), "\(name)")
            for secret in house.secrets { #expect(!answer.text.contains(secret), "\(name)") }
        }
        let after = try house.state()
        #expect(after == before, "somebody who may not has changed something")
        for caller in house.callers where caller.may(operation) {
            let answer = try house.ask(caller, operation, operation.endingMethod)
            let name = "\(caller.name): \(answer.status) \(answer.text)"
            #expect(Self.isLetIn(answer.status), "\(name)")
            #expect(OpenAPIDocument.shared.faults(answer, to: operation) == [])
        }
    }

    /// Done, or refused for what was asked and not for who asked.
    private static func isLetIn(_ status: Int) -> Bool {
        (200..<500).contains(status) && ![400, 401, 403, 404, 405, 429].contains(status)
    }

    @Test("Who signs in says who it is by the body: an admin, or nobody")
    func signIn() throws {
        let operation = try #require(
            Self.operations.first { $0.testDescription == "POST /v1/session" })
        let house = try AccessHouse()
        for caller in house.callers {
            for (name, status) in [
                ("admin", 200), ("publisher", 403), ("warehouse", 403), ("expired", 401),
                ("revoked", 401), ("nobody", 401),
            ] {
                let answer = try house.signIn(caller, as: name)
                #expect(answer.status == status, "\(caller.name), \(name): \(answer.text)")
                #expect((answer[field: "Set-Cookie"] != nil) == (status == 200))
                #expect(OpenAPIDocument.shared.faults(answer, to: operation) == [])
                for secret in house.secrets { #expect(!answer.text.contains(secret)) }
            }
        }
    }

    @Test("Of a foreign warehouse nobody learns whether it is there", arguments: operations)
    func foreign(_ operation: OpenAPIDocument.Operation) throws {
        let house = try AccessHouse()
        let stranger = house.callers.first { $0.name == "warehouse of another wid" }!
        let (there, missing) = (operation.path(), operation.path(wid: 77, message: "77"))
        guard there != missing, operation.roles.contains("warehouse") else { return }
        func told(_ path: String) throws -> String {
            let answer = try house.ask(stranger, operation, operation.method, at: path)
            let text = answer.text.replacing(/urn:request:\w+/, with: "")
            return "\(answer.status) \(text.replacing(/warehouse \d+/, with: ""))"
        }
        #expect(try told(there) == told(missing))
    }
}

extension OpenAPIDocument.Operation {
    /// Who may, as the document has it.
    var roles: [String] { content["x-roles"]?.elements?.compactMap(\.text) ?? [] }
}

/// A hub with something of everything, and everybody who may come to it.
///
/// Message 1, warehouse 3 and dead letter 1 are what `Operation.path` asks for.
private final class AccessHouse {
    struct Caller {
        let name: String
        /// As in `x-roles`; nil: nobody whom the hub knows.
        let role: String?
        let fields: [String: String]
        /// Right role, but for other topics or warehouses.
        var isStranger = false
        /// Its browser does not say for which page it asks.
        var isWithoutOrigin = false

        func may(_ operation: OpenAPIDocument.Operation) -> Bool {
            if operation.roles == ["anyone"] { return true }
            guard let role, operation.roles.contains(role) else { return false }
            if isWithoutOrigin { return operation.method == "GET" }
            return !isStranger || operation.path == "/openapi.yaml"
        }

        func refusal(_ operation: OpenAPIDocument.Operation) -> Int {
            if role == nil { return 401 }
            let isHidden = ["/v1/messages/{message}", "/v1/dead-letters/{n}"].contains(
                operation.path)
            return isStranger && isHidden && role == "warehouse" ? 404 : 403
        }
    }

    private(set) var callers: [Caller] = []
    /// What no answer may tell.
    private(set) var secrets: [String] = []
    private var tokens = ["nobody": "mc_" + String(repeating: "1", count: 64)]
    private let hub: RunningHub
    private let client: RawClient
    private let admin: [String: String]

    init() throws {
        let folder = try TemporaryFolder()
        let file = try TokenFile(data: folder.path)
        for (name, role, topics, wids) in [
            ("admin", TokenFile.Role.admin, [], []), ("publisher", .publisher, ["*"], []),
            ("publisher of other topics", .publisher, ["Other_*"], []),
            ("warehouse", .warehouse, [], [3]), ("warehouse of another wid", .warehouse, [], [4]),
            ("expired", .admin, [], []), ("revoked", .admin, [], []),
        ] as [(String, TokenFile.Role, [String], [UInt32])] {
            tokens[name] = try file.create(
                name: name, role: role, topics: topics, wids: wids,
                expires: name == "expired" ? .after(1) : .never, now: 0)
        }
        _ = try file.revoke(try #require(try file.list().last).number)
        hub = try RunningHub(folder: folder)
        client = try hub.client()
        admin = Self.bearer(tokens["admin"]!)
        secrets = Array(tokens.values)
        let tokens = tokens
        // What is filled in is on disk when it is answered, and so is the note of the sign-in.
        let cookie = try signIn(tokens["admin"]!)
        try fill()
        callers = ["admin", "publisher", "warehouse"].map {
            Caller(name: $0, role: $0, fields: Self.bearer(tokens[$0]!))
        }
        for (name, role) in [
            ("publisher of other topics", "publisher"), ("warehouse of another wid", "warehouse"),
        ] {
            callers.append(
                Caller(
                    name: name, role: role, fields: Self.bearer(tokens[name]!), isStranger: true))
        }
        callers += [
            Caller(name: "no token", role: nil, fields: [:]),
            Caller(
                name: "wrong", role: nil,
                fields: Self.bearer("mc_" + String(repeating: "0", count: 64))),
            Caller(
                name: "malformed", role: nil, fields: Self.bearer("\(tokens["admin"]!) x")),
            Caller(name: "expired", role: nil, fields: Self.bearer(tokens["expired"]!)),
            Caller(name: "revoked", role: nil, fields: Self.bearer(tokens["revoked"]!)),
            Caller(
                name: "wrong cookie", role: nil,
                fields: ["Cookie": String(cookie.dropLast()), "Origin": "http://hub"]),
            Caller(
                name: "signed in", role: "admin",
                fields: ["Cookie": cookie, "Origin": "http://hub"]),
            Caller(
                name: "signed in, without Origin", role: "admin", fields: ["Cookie": cookie],
                isWithoutOrigin: true),
        ]
    }

    private static func bearer(_ token: String) -> [String: String] {
        ["Authorization": "Bearer \(token)"]
    }

    private func fill() throws {
        let message = #"{"topic":"SaleOrder_Changed","wid":3,"body":1}"#
        for (method, path, body) in [
            ("POST", "/v1/messages", message), ("POST", "/v1/warehouses/3/pull", "{}"),
            ("POST", "/v1/warehouses/3/dead-letters", Letter(1).json.serialized()),
            ("PUT", "/v1/warehouses/4", "{}"),
        ] {
            let answer = try client.request(method, path, body, fields: admin)
            #expect(answer.status < 300, "\(path): \(answer.text)")
        }
    }

    private func signIn(_ token: String) throws -> String {
        let answer = try client.post("/v1/session", ["token": .text(token)])
        secrets.append(token)
        return String(try #require(answer[field: "Set-Cookie"]).prefix { $0 != ";" })
    }

    /// Signs in with the token of that name, whatever else the caller bears. Each comes from an
    /// address of its own: who fails often is slowed down.
    func signIn(_ caller: Caller, as name: String) throws -> Answer {
        let place = callers.firstIndex { $0.name == caller.name }!
        let body = "{\"token\":\"\(tokens[name]!)\"}"
        return try hub.client(from: "127.0.1.\(place + 1)").request(
            "POST", "/v1/session", body, fields: caller.fields)
    }

    /// Asks for `operation` as its example has it.
    func ask(
        _ caller: Caller, _ operation: OpenAPIDocument.Operation, _ method: String,
        at path: String? = nil
    ) throws -> Answer {
        var path = path ?? operation.path()
        let names = operation.parameters.compactMap { $0["name"]?.text }
        // What is a warehouse's own has to be asked for.
        if caller.role == "warehouse", names.contains("wid"), !path.contains("/warehouses/") {
            path += "?wid=3"
        }
        let body = OpenAPIDocument.shared.requestExample(operation)?.serialized()
        return try client.request(
            method, path, operation.method == "GET" ? nil : body ?? "",
            fields: caller.fields)
    }

    /// All that anybody could have changed.
    func state() throws -> [String] {
        var state = try ["/v1/messages", "/v1/audit", "/v1/dead-letters?state=all", "/v1/archive"]
            .map { try client.request("GET", $0, fields: admin).text }
        let warehouses = try client.request("GET", "/v1/warehouses", fields: admin)
        for warehouse in warehouses["warehouses"].elements ?? [] {
            let kept = ["wid", "name", "committed", "delivered", "state", "session"]
            let told = kept.map { warehouse[$0]?.serialized() ?? "" }
            state.append(told.joined(separator: " "))
        }
        #expect(state.count == 6)
        return state
    }
}
