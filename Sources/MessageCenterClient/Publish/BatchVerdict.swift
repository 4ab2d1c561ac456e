import Foundation

/// What one request, or the lack of an answer to it, means for the messages in it.
package enum BatchVerdict: Sendable, Equatable {
    /// All are on the hub's disk; in the order of the request.
    case stored([Stored])
    /// The hub names what it does not take, by place in the request; none of the others is stored.
    case refused([Int: Refusal])
    /// Something in it is not taken, and the hub does not say what; nothing is stored.
    case refusedSomewhere(Refusal)
    /// It has nothing to do with the messages: nobody there, no time, no room, no access.
    case heldUp(HoldUp)

    /// A message on the hub's disk.
    package struct Stored: Sendable, Equatable {
        package let index: Int?
        package let isDuplicate: Bool
    }

    /// Why a request got no verdict.
    package struct HoldUp: Sendable, Equatable {
        package let refusal: Refusal
        /// Whether it may pass by itself.
        package let isPassing: Bool
        /// The pause that the hub asks for.
        package let retryAfter: Duration?
    }
}

extension BatchVerdict {
    /// Reads the answer to a request of `count` messages.
    package init(_ answer: HTTPAnswer, count: Int) {
        switch answer.status {
        case 200...299: self = Self.stored(answer, count: count)
        default: self = Self.refused(answer, count: count)
        }
    }

    /// There was no answer.
    package init(_ failure: TransportFailure) {
        let code = failure.isPassing ? "unreachable" : PublishCode.unusable
        self = .heldUp(
            HoldUp(
                refusal: Refusal(code, failure.description), isPassing: failure.isPassing,
                retryAfter: nil))
    }

    private struct StoredAnswer: Decodable {
        let count: Int
        let firstIndex: Int?
        let lastIndex: Int?
        let indexes: [Int]?
    }

    /// New messages have the indexes from first to last; where some are duplicates, a list says
    /// which index each one has.
    private static func stored(_ answer: HTTPAnswer, count: Int) -> BatchVerdict {
        guard
            let content = try? JSONDecoder().decode(StoredAnswer.self, from: Data(answer.body)),
            content.count == count
        else {
            let refusal = Refusal(
                PublishCode.unusable, "the answer is not a hub's; is that one?",
                status: answer.status)
            // Something in between may answer for a hub that is away.
            return .heldUp(HoldUp(refusal: refusal, isPassing: true, retryAfter: nil))
        }
        let new = content.firstIndex.map { $0...max($0, content.lastIndex ?? $0) }
        return .stored(
            (0..<count).map { place in
                guard let indexes = content.indexes, indexes.indices.contains(place) else {
                    return Stored(index: content.firstIndex.map { $0 + place }, isDuplicate: false)
                }
                let isNew = new?.contains(indexes[place]) ?? false
                return Stored(index: indexes[place], isDuplicate: !isNew)
            })
    }

    /// RFC 9457, as far as it matters here.
    private struct Problem: Decodable {
        struct Field: Decodable {
            let pointer: String
            let detail: String
        }
        let title: String?
        let detail: String?
        let code: String?
        let retryable: Bool?
        let errors: [Field]?
    }

    private static func refused(_ answer: HTTPAnswer, count: Int) -> BatchVerdict {
        let problem = try? JSONDecoder().decode(Problem.self, from: Data(answer.body))
        let words = problem?.detail ?? problem?.title ?? "the hub answered \(answer.status)"
        let code = problem?.code ?? "status_\(answer.status)"
        let refusal = Refusal(code, words, status: answer.status)
        guard isAboutMessages(answer.status, code, problem?.retryable) else {
            return .heldUp(
                HoldUp(
                    refusal: refusal,
                    isPassing: problem?.retryable ?? passingStatuses.contains(answer.status),
                    retryAfter: answer.retryAfter.map { .seconds($0) }))
        }
        var named: [Int: Refusal] = [:]
        for field in problem?.errors ?? [] {
            let parts = field.pointer.split(separator: "/", maxSplits: 1)
            guard let place = parts.first.flatMap({ Int($0) }), 0..<count ~= place else { continue }
            let member = parts.count > 1 ? "/\(parts[1]) " : ""
            named[place] =
                named[place] ?? Refusal(code, member + field.detail, status: answer.status)
        }
        return named.isEmpty ? .refusedSomewhere(refusal) : .refused(named)
    }

    private static func isAboutMessages(_ status: Int, _ code: String, _ retryable: Bool?) -> Bool {
        switch status {
        case 400, 409, 413, 422: true
        // A token that may publish nothing is another matter than a topic it may not publish.
        case 403: code == "topic_forbidden"
        // One topic too many is the message's fault; a full disk is not.
        case 507: retryable == false && ["topic_limit", "line_limit"].contains(code)
        default: false
        }
    }

    private static let passingStatuses: Set = [408, 425, 429, 500, 502, 503, 504, 507]
}
