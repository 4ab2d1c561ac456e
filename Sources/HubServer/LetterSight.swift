import Hub
import Wire

/// A dead letter as an operator sees it.
struct LetterSight {
    let letter: DeadLetter

    /// Appends it as JSON.
    ///
    /// - Parameter body: JSON text; nil: none is kept.
    func append(to output: inout ByteBuffer, body: [UInt8]?) {
        json.append(to: &output)
        output.truncate(to: output.count - 1)
        output.append(",\"body\":")
        if let body { output.append(body.span.bytes) } else { output.append("null") }
        output.append("}")
    }

    private var json: JSONValue {
        [
            "n": .number(String(letter.number)), "wid": .number(String(letter.wid)),
            "state": .text(letter.state.rawValue), "id": .id(letter.id),
            "index": .number(String(letter.index)), "topic": .text(letter.topic),
            "key": letter.key.map { .text($0) } ?? .null, "error": .text(letter.error),
            "tries": .number(String(letter.tries)), "firstAt": .time(letter.firstAt),
            "lastAt": .time(letter.lastAt), "reported": .time(letter.reported),
            "dead": .time(letter.died), "settled": .time(letter.settled),
            "action": letter.actionJSON, "ordered": .time(letter.ordered),
        ]
    }

    /// What a report and an order are answered with.
    var short: JSONValue {
        [
            "n": .number(String(letter.number)), "wid": .number(String(letter.wid)),
            "state": .text(letter.state.rawValue), "action": letter.actionJSON,
        ]
    }

    /// What a batch of reports is answered with, for each that was taken.
    var noted: JSONValue {
        [
            "id": .id(letter.id), "result": "taken", "n": .number(String(letter.number)),
            "state": .text(letter.state.rawValue), "action": letter.actionJSON,
        ]
    }

    /// What an order by filter tells of each.
    func outcome(_ word: String) -> JSONValue {
        [
            "n": .number(String(letter.number)), "wid": .number(String(letter.wid)),
            "id": .id(letter.id), "index": .number(String(letter.index)),
            "topic": .text(letter.topic), "key": letter.key.map { .text($0) } ?? .null,
            "result": .text(word),
        ]
    }
}

extension DeadLetter {
    fileprivate var actionJSON: JSONValue { action.map { .text($0.rawValue) } ?? .null }
}

extension FoundLetters {
    /// The answer to an order by filter.
    ///
    /// - Parameter results: what became of each letter; nil: nothing was ordered.
    func append(_ results: [Result<DeadLetter, Refusal>]?, to output: inout ByteBuffer) {
        let sights = letters.enumerated().map { place, letter -> JSONValue in
            let word =
                switch results?[place] {
                case nil: "fits"
                case .success: "ordered"
                case .failure(let refusal): Problem(refusal, wid: letter.wid, wall: 0).code
                }
            return LetterSight(letter: letter).outcome(word)
        }
        let answer: JSONValue = [
            "action": .text(action.rawValue), "results": .array(sights),
            "nextPageToken": next.map { .text(String($0)) } ?? .null,
        ]
        answer.append(to: &output)
    }
}

extension JSONValue {
    /// What a batch of reports is answered with, for one that was not taken.
    static func refused(_ id: MessageID, _ code: String) -> JSONValue {
        ["id": .id(id), "result": .text(code), "n": .null, "state": .null, "action": .null]
    }

    /// A message's id.
    static func id(_ id: MessageID) -> JSONValue {
        var text = ByteBuffer(capacity: 36)
        text.append(uuid: (hi: id.high, lo: id.low))
        return .text(text.bytes.text(in: 0..<text.count))
    }
}
