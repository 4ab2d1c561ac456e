import Foundation
import TestSupport
import Testing
import Wire

/// `docs/openapi.yaml`, read and asked by the tests.
struct OpenAPIDocument {
    /// One method at one path.
    struct Operation: Sendable, CustomTestStringConvertible {
        let path: String
        /// In capitals.
        let method: String
        let content: JSONValue
        /// Of the path and of the operation.
        let parameters: [JSONValue]

        var testDescription: String { "\(method) \(path)" }

        /// Whether its good answers go on for ever.
        var streams: Bool {
            content["responses"]?["200"]?["content"]?["text/event-stream"] != nil
        }

        /// The method, or where an answer would have no end, one that is answered by its head.
        var endingMethod: String { streams ? "HEAD" : method }

        /// The path with `{wid}`, `{message}` and `{n}` replaced.
        func path(wid: Int = 3, message: String = "1") -> String {
            path.replacing("{wid}", with: "\(wid)").replacing("{message}", with: message)
                .replacing("{n}", with: "1").replacing("{file}", with: "index.html")
        }
    }

    static let repository = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let text =
        (try? String(
            contentsOf: repository.appending(path: "docs/openapi.yaml"), encoding: .utf8)) ?? ""

    static let shared = try! OpenAPIDocument(text)

    let root: JSONValue
    let operations: [Operation]
    let check: SchemaCheck

    init(_ text: String) throws {
        root = try YAMLReader.read(text)
        let check = SchemaCheck(document: root)
        self.check = check
        func resolved(_ parameters: JSONValue?) -> [JSONValue] {
            (parameters?.elements ?? []).map { $0["$ref"]?.text.map(check.resolve) ?? $0 }
        }
        operations = (root["paths"]?.members ?? []).flatMap { path in
            let common = resolved(path.value["parameters"])
            return (path.value.members ?? []).filter { $0.name != "parameters" }.map {
                Operation(
                    path: path.name, method: $0.name.uppercased(), content: $0.value,
                    parameters: common + resolved($0.value["parameters"]))
            }
        }
    }

    func operation(_ method: String, _ path: String) -> Operation {
        operations.first { $0.method == method && $0.path == path }!
    }

    /// The schema of an operation's JSON body, references followed; nil if it takes none.
    func requestSchema(_ operation: Operation) -> JSONValue? {
        let schema = operation.content["requestBody"]?["content"]?["application/json"]?["schema"]
        return schema.map(followed)
    }

    func requestExample(_ operation: Operation) -> JSONValue? {
        operation.content["requestBody"]?["content"]?["application/json"]?["example"]
    }

    func followed(_ schema: JSONValue) -> JSONValue {
        schema["$ref"]?.text.map(check.resolve) ?? schema
    }

    /// The document's words on an answer of `status`, and whether they are those of any status.
    func response(_ operation: Operation, _ status: Int) -> (content: JSONValue, isAny: Bool)? {
        let responses = operation.content["responses"]
        if let own = responses?["\(status)"] { return (followed(own), false) }
        return responses?["default"].map { (followed($0), true) }
    }

    /// What of `answer` the document does not say. HEAD's answers have no body to look at.
    func faults(_ answer: Answer, to operation: Operation) -> [String] {
        let place = "\(operation.method) \(operation.path) \(answer.status)"
        guard let (response, isAny) = response(operation, answer.status) else {
            return ["\(place) is not in the document"]
        }
        let type = (answer[field: "content-type"] ?? "").prefix { $0 != ";" }
        guard let schema = response["content"]?[String(type)]?["schema"] else {
            return ["\(place) comes as \(type), which is not in the document"]
        }
        let value = type.hasSuffix("json") ? answer.json : .text(answer.text)
        let faults = check.faults(value, schema)
        // A refusal of a listed status may also be one that any request can meet.
        if !faults.isEmpty, !isAny, answer.status >= 400,
            let any = operation.content["responses"]?["default"].map(followed),
            let schema = any["content"]?["application/problem+json"]?["schema"],
            check.faults(value, schema).isEmpty
        {
            return []
        }
        return faults.map { "\(place): \($0) in \(answer.text)" }
    }

    /// Every value of every `code` in the document.
    var codes: Set<String> {
        var codes: Set<String> = []
        func walk(_ value: JSONValue) {
            for member in value.members ?? [] {
                if member.name == "code" {
                    codes.formUnion(member.value["enum"]?.elements?.compactMap(\.text) ?? [])
                }
                walk(member.value)
            }
            for element in value.elements ?? [] { walk(element) }
        }
        walk(root)
        return codes
    }
}
