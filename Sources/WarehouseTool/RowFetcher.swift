package import MessageCenterClient
import Wire

/// Asks data interfaces for rows, each over a kept connection, one request at a time.
package final class RowFetcher: Sendable {
    private let senders: [HTTPSender]
    private let sources: [Sources.Source]
    private let timeout: Duration

    /// Prepares the connections; nothing is sent yet.
    package init(_ configuration: WarehouseConfiguration) throws(TransportFailure) {
        sources = configuration.sources
        timeout = configuration.sourceTimeout
        var senders: [HTTPSender] = []
        for source in sources {
            senders.append(
                try HTTPSender(
                    base: source.base, token: source.token, userAgent: "message-center consume",
                    options: configuration.options))
        }
        self.senders = senders
    }

    /// The row of `message`; nil where there is none.
    func row(_ fetch: Fetch, for message: MessageView) async throws -> JSONValue? {
        let path = try fetch.path.filled(by: message, escape: HTTPTransport.escape)
        guard let document = try await document(fetch.source, path, fetch.headers) else {
            return nil
        }
        guard let row = fetch.select.find(in: document), !row.isNull else { return nil }
        return row
    }

    /// What stands at `path`; nil for 404 and 410.
    ///
    /// - Throws: `Away` where nobody could be told anything now, `FetchFailure` where the answer
    ///   is about this one request.
    func document(
        _ source: Int, _ path: String, _ headers: [HeaderField]
    ) async throws -> JSONValue? {
        let fields = (sources[source].headers + headers).map { (name: $0.name, value: $0.value) }
        let name = "\(sources[source].base)\(path)"
        let answer: HTTPAnswer
        do throws(TransportFailure) {
            answer = try await senders[source].perform(
                HTTPRequest("GET", path, timeout: timeout, headers: fields))
        } catch {
            if error.isPassing { throw Away("\(sources[source].base): \(error)") }
            try Task.checkCancellation()
            throw FetchFailure(description: "\(name): \(error)")
        }
        switch answer.status {
        case 200:
            do throws(JSONError) {
                return try JSONValue.parse(answer.body)
            } catch {
                throw FetchFailure(description: "\(name) answers no JSON: \(error.text)")
            }
        case 404, 410:
            guard !Self.isWrongPath(answer) else {
                throw FetchFailure(description: "\(name): the interface has no such path")
            }
            return nil
        case 401, 403, 408, 429, 502, 503, 504:
            throw Away("\(sources[source].base) answers \(answer.status)", answer.retryAfter)
        default:
            throw FetchFailure(description: "\(name) answers \(answer.status)")
        }
    }
}

extension RowFetcher {
    /// Whether the data interface says that it is the path that it does not know, and not the row:
    /// a slip in an address must not be taken for a thing that was deleted. Others may not tell.
    private static func isWrongPath(_ answer: HTTPAnswer) -> Bool {
        let code = (try? JSONValue.parse(answer.body))?["code"]?.text
        return code == "not_found" || code == "no_such_resource"
    }
}

/// Something that all messages need is not there now, so that none of them is to blame.
struct Away: Error, CustomStringConvertible {
    let description: String
    /// Seconds after which to come back, where it was said.
    let retryAfter: Int?

    init(_ description: String, _ retryAfter: Int? = nil) {
        self.description = description
        self.retryAfter = retryAfter
    }
}

/// One request was answered, and not with what it asked for.
struct FetchFailure: Error, CustomStringConvertible {
    let description: String
}
