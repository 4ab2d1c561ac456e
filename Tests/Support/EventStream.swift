package import Platform
package import Wire

/// Follows `GET /v1/events` as a browser does (WHATWG HTML, section 9.2).
///
/// Everything it waits for has a deadline. Used by one thread at a time.
package final class EventStream {
    /// One event as it came.
    package struct Event {
        package let name: String
        package let data: JSONValue
    }

    package let head: Answer
    private let client: RawClient
    private let isChunked: Bool
    private var bytes: [UInt8] = []
    private var text: [UInt8] = []
    /// The last chunk has come, or the connection has ended.
    package private(set) var hasEnded = false
    /// The last chunk has come: the answer is whole.
    package private(set) var isWhole = false
    /// Comment lines so far.
    package private(set) var comments = 0

    package init(
        _ endpoint: Endpoint, version: String = "1.1", fields: [String: String] = [:]
    ) throws {
        client = try RawClient(endpoint)
        var request = "GET /v1/events HTTP/\(version)\r\nHost: hub\r\n"
        for (name, value) in fields { request += "\(name): \(value)\r\n" }
        try client.send(request + "\r\n")
        head = try client.answer()
        isChunked = head[field: "transfer-encoding"] == "chunked"
    }

    /// The next event; nil at the end.
    package func next() throws -> Event? {
        while true {
            if let event = takeEvent() { return event }
            guard !hasEnded else { return nil }
            try read()
        }
    }

    /// The next event of this name; nil at the end.
    package func next(_ name: String) throws -> JSONValue? {
        while let event = try next() {
            if event.name == name { return event.data }
        }
        return nil
    }

    private func read() throws {
        guard let more = try client.takeBytes() else {
            hasEnded = true
            return
        }
        guard isChunked else {
            text += more
            return
        }
        bytes += more
        while let chunk = takeChunk() {
            if chunk.isEmpty { (hasEnded, isWhole) = (true, true) }
            text += chunk
        }
    }

    private func takeChunk() -> [UInt8]? {
        guard !hasEnded, let end = bytes.firstRange(of: Array("\r\n".utf8)) else { return nil }
        let size = Int(String(decoding: bytes[..<end.lowerBound], as: UTF8.self), radix: 16)!
        guard bytes.count >= end.upperBound + size + 2 else { return nil }
        let chunk = Array(bytes[end.upperBound..<end.upperBound + size])
        bytes.removeFirst(end.upperBound + size + 2)
        return chunk
    }

    private func takeEvent() -> Event? {
        while let end = text.firstRange(of: Array("\n\n".utf8)) {
            let lines = String(decoding: text[..<end.lowerBound], as: UTF8.self).split(
                separator: "\n")
            text.removeFirst(end.upperBound)
            comments += lines.count { $0.hasPrefix(":") }
            func value(_ field: String) -> String? {
                lines.first { $0.hasPrefix(field + ": ") }.map {
                    String($0.dropFirst(field.count + 2))
                }
            }
            guard let data = value("data") else { continue }
            return Event(
                name: value("event") ?? "message",
                data: (try? JSONValue.parse(data)) ?? .text(data))
        }
        return nil
    }
}
