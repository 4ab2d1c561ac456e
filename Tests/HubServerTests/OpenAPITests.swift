import Foundation
import HubServer
import TestSupport
import Testing
import Wire

/// `docs/openapi.yaml` says what the hub does: no more, no less.
@Suite("The OpenAPI document") struct OpenAPITests {
    private let document = OpenAPIDocument.shared
    private static let methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]
    private static let paths = Set(OpenAPIDocument.shared.operations.map(\.path)).sorted()
    private static let operations = OpenAPIDocument.shared.operations

    // MARK: Paths and methods

    @Test("It is served as it stands in the repository")
    func served() throws {
        let hub = try RunningHub()
        let answer = try hub.client().get("/openapi.yaml")
        #expect(answer.text == OpenAPIDocument.text)
        #expect(answer[field: "content-type"] == "application/yaml")
    }

    @Test("Every path is there, for the methods listed and no others", arguments: paths)
    func methods(_ path: String) throws {
        let hub = try RunningHub()
        let client = try hub.client()
        try client.publish(wid: 0)
        try client.pull(3)
        try client.report(Letter(1), wid: 3)
        let listed = document.operations.filter { $0.path == path }
        let allowed = Set(
            listed.map(\.method) + (listed.contains { $0.method == "GET" } ? ["HEAD"] : []))
        for method in Self.methods {
            let asked = method == listed[0].method ? listed[0].endingMethod : method
            let answer = try client.request(asked, listed[0].path(), method == "GET" ? nil : "")
            if allowed.contains(method) {
                #expect(answer.status != 405 && answer.code != "not_found", "\(method) \(path)")
            } else {
                #expect(answer.status == 405, "\(method) \(path)")
                let allow = answer[field: "allow"]?.components(separatedBy: ", ") ?? []
                #expect(Set(allow) == allowed, "\(method) \(path)")
            }
        }
        guard allowed.contains("HEAD") else { return }
        let head = try client.request("HEAD", listed[0].path())
        #expect(head.status == 200 && head.body.isEmpty)
    }

    @Test("Every part of a path that the hub knows is in the document")
    func segments() throws {
        let source = try String(
            contentsOf: OpenAPIDocument.repository.appending(
                path: "Sources/HubServer/Route.swift"), encoding: .utf8)
        let known = Set(source.matches(of: /matches\(\w+, "([^"]+)"\)/).map { String($0.1) })
        let listed = Set(Self.paths.flatMap { $0.split(separator: "/").map(String.init) })
        #expect(known.count > 10)
        #expect(known == listed.filter { !$0.hasPrefix("{") })
    }

    @Test("A warehouse is a number from 1 to 2147483647, in every path that has one")
    func warehouseNumbers() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        for operation in document.operations where operation.path.contains("{wid}") {
            for (wid, code) in [
                ("0", "invalid_wid"), ("2147483648", "invalid_wid"), ("x", "not_found"),
                ("01", "not_found"), ("9223372036854775808", "invalid_wid"),
                ("99999999999999999999999999", "invalid_wid"),
                ("9999999999999999999x", "not_found"),
            ] {
                let path = operation.path.replacing("{wid}", with: wid)
                let answer = try client.request(operation.method, path)
                #expect(answer.code == code, "\(operation.method) \(path)")
                if code == "invalid_wid" {
                    #expect(document.faults(answer, to: operation) == [])
                }
            }
        }
    }

    // MARK: Requests

    @Test(
        "The hub takes the members that the schema has, in the ranges it says",
        arguments: operations)
    func members(_ operation: OpenAPIDocument.Operation) throws {
        guard let probe = RequestProbe(document, operation) else { return }
        let hub = try RunningHub()
        let client = try hub.client()
        try client.publish(wid: 0)
        for trial in probe.trials {
            // A warehouse of its own for each, known and not yet served.
            let wid = probe.nextWid()
            try client.request("PUT", "/v1/warehouses/\(wid)")
            let answer = try client.request(
                operation.method, operation.path(wid: wid), trial.body.serialized())
            let pointers = (answer["errors"].elements ?? []).compactMap { $0["pointer"]?.text }
            let isRefused =
                answer.status == 422 && pointers.contains { $0.hasPrefix(trial.pointer) }
            #expect(isRefused == !trial.isGood, "\(trial.body.serialized()): \(answer.text)")
            #expect(document.faults(answer, to: operation) == [])
        }
    }

    @Test(
        "An unknown member is refused, and the refusal lists those of the schema",
        arguments: operations)
    func unknownMembers(_ operation: OpenAPIDocument.Operation) throws {
        guard let probe = RequestProbe(document, operation) else { return }
        let hub = try RunningHub()
        let client = try hub.client()
        let body = probe.body(with: "nonsense", 1).serialized()
        let answer = try client.request(operation.method, operation.path(), body)
        #expect(answer.status == 422)
        let field = answer["errors"].elements?.first {
            $0["pointer"]?.text == probe.prefix + "/nonsense"
        }
        let told = field?["detail"]?.text?.split(separator: "there are ").last ?? ""
        let known = Set(told.split(separator: ", ").map(String.init)).subtracting(["none"])
        // `created` is only kept for clients of the time before, and so not recommended.
        #expect(known == Set(probe.properties.map(\.name)).subtracting(["created"]))
    }

    @Test("Names of members match in any case", arguments: operations)
    func anyCase(_ operation: OpenAPIDocument.Operation) throws {
        guard let probe = RequestProbe(document, operation) else { return }
        let hub = try RunningHub()
        let client = try hub.client()
        let body = probe.inCapitals.serialized()
        let answer = try client.request(operation.method, operation.path(), body)
        #expect(answer.status != 422 && answer.status != 400, "\(body): \(answer.text)")
    }

    @Test("The hub takes the query parameters listed, in their ranges", arguments: operations)
    func query(_ operation: OpenAPIDocument.Operation) throws {
        let parameters = operation.parameters.filter { $0["in"]?.text == "query" }
        let hub = try RunningHub()
        let client = try hub.client()
        try client.publish(wid: 0)
        try client.pull(3)
        let unknown = try client.request(operation.method, operation.path() + "?nonsense=1")
        let told = unknown["errors"].elements?.first?["detail"]?.text?.split(
            separator: "there are "
        ).last
        let known = Set((told ?? "none").split(separator: ", ").map(String.init)).subtracting([
            "none"
        ])
        guard operation.method == "GET" else { return #expect(parameters.isEmpty) }
        #expect(known == Set(parameters.compactMap { $0["name"]?.text }))
        for parameter in parameters {
            let name = parameter["name"]!.text!
            let schema = parameter["schema"]!
            for value in RequestProbe.candidates(schema) {
                guard let text = value.text ?? value.integer.map(String.init) else { continue }
                let isNumber = schema["type"] == "integer" && Int(text) != nil
                let given: JSONValue = isNumber ? .number(text) : .text(text)
                let isGood = document.check.faults(given, schema).isEmpty
                let path = operation.path() + "?\(name)=\(percentEncoded(text))"
                let answer = try client.request("GET", path)
                #expect((answer.status == 422) == !isGood, "\(path): \(answer.text)")
                #expect(document.faults(answer, to: operation) == [])
            }
        }
    }

    private func percentEncoded(_ text: String) -> String {
        text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    // MARK: Examples and codes

    @Test("Every example is as its schema says", arguments: operations)
    func examples(_ operation: OpenAPIDocument.Operation) {
        if let schema = document.requestSchema(operation) {
            if let example = document.requestExample(operation) {
                #expect(document.check.faults(example, schema) == [])
            }
        }
        for response in operation.content["responses"]?.members ?? [] {
            for content in document.followed(response.value)["content"]?.members ?? [] {
                guard let example = content.value["example"] else { continue }
                #expect(document.check.faults(example, content.value["schema"] ?? [:]) == [])
            }
        }
    }

    @Test("Every reference leads somewhere, and every part is referred to")
    func references() {
        let referred = Set(OpenAPIDocument.text.matches(of: /"(#\/[^"]+)"/).map { String($0.1) })
        for reference in referred {
            #expect(!document.check.resolve(reference).isNull, "\(reference)")
        }
        for kind in document.root["components"]?.members ?? [] where kind.name != "securitySchemes"
        {
            for part in kind.value.members ?? [] {
                #expect(referred.contains("#/components/\(kind.name)/\(part.name)"))
            }
        }
    }

    @Test("Every code of a refusal in the sources is in the document, and the other way round")
    func codes() throws {
        let folder = OpenAPIDocument.repository.appending(path: "Sources/HubServer")
        var told: Set<String> = []
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path)
        where file.hasSuffix(".swift") {
            let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            for pattern in [
                /(?:Problem|self\.init)\(\s*\d{3}, "(\w+)"/, /lease\(\s*"(\w+)"/,
                /case \d{3}: "(\w+)"/,
                /default: "(\w+_request)"/, /"code":"(\w+)"/,
            ] {
                told.formUnion(text.matches(of: pattern).map { String($0.1) })
            }
        }
        // Means that the page is read again; no client ever sees it.
        told.remove("moved")
        #expect(told.count > 30)
        #expect(told == document.codes)
    }
}
