import Hub
import Wire

extension Problem {
    /// The request could not even be read.
    init(_ failure: RequestFailure) {
        let code =
            switch failure.status {
            case 413: "request_too_large"
            case 414: "target_too_long"
            case 431: "head_too_large"
            case 501: "not_implemented"
            case 505: "version_not_supported"
            default: "malformed_request"
            }
        self.init(failure.status, code, failure.detail.description)
        closes = true
    }

    /// The body is no JSON, or not the JSON that was due.
    init(_ error: JSONError) {
        self.init(
            400, "malformed_json",
            "\(error.text) (at byte \(error.offset) of the body): send one JSON text, RFC 8259.")
    }

    /// A line of a batch is no JSON.
    ///
    /// - Parameters:
    ///   - line: its number, from 1, blank lines counted.
    ///   - place: the message's place in the batch, from 0.
    init(_ error: JSONError, line: Int, place: Int) {
        self.init(
            400, "malformed_json",
            "\(error.text) (at byte \(error.offset) of line \(line)): send one JSON text a line.")
        fields = [Field("/\(place)", "\(error.text)")]
    }

    static func invalid(_ fields: [Field]) -> Problem {
        let place = fields[0].pointer.isEmpty ? "The body" : fields[0].pointer
        var problem = Problem(
            422, "invalid_content",
            fields.count == 1
                ? "\(place) \(fields[0].detail)"
                : "\(fields.count) members are wrong, see `errors`. Nothing was stored.")
        problem.fields = fields
        return problem
    }

    static let notFound = Problem(
        404, "not_found", "There is nothing at this path: see /openapi.yaml for what there is.")

    static func methodNotAllowed(_ allow: StaticString) -> Problem {
        var problem = Problem(
            405, "method_not_allowed", "This path takes \(allow), not this method.")
        problem.allow = allow
        return problem
    }

    static let timedOut = Problem(
        408, "request_timeout", "The request did not arrive in time: send it again."
    ).retryable(after: nil).closing

    static let crossOrigin = Problem(
        403, "cross_origin",
        "A page of another site may not change anything here: send no Origin, or this hub's own.")

    /// Whoever it stands for has to connect again, or nothing would be looked at anew.
    static var certificateEnded: Problem {
        Problem(
            401, "unauthorized",
            "The client certificate is no longer good: connect again with one that is."
        ).closing
    }

    /// Told only to who holds the token: nobody else can name it.
    static func tokenExpired(_ time: Int64) -> Problem {
        Problem(
            401, "token_expired",
            "This token has expired, at \(JSONValue.time(time).text ?? ""): ask the hub's operator "
                + "for a new one, which `message-center token create` makes.")
    }

    static let unauthorized = Problem(
        401, "unauthorized",
        "Send a token of this hub: Authorization: Bearer <token>. `message-center token "
            + "create` makes one.")

    static let openHubForwarded = Problem(
        401, "unauthorized",
        "No token is defined, so this hub is for its own machine alone, and a proxy handed this "
            + "request on from elsewhere: have the hub's operator make tokens, with "
            + "`message-center token create`.")

    static let overloaded = Problem(
        503, "overloaded", "The hub has more under way than it takes at once: try again shortly."
    ).retryable(after: 1)

    static let tooManySubscribers = Problem(
        503, "too_many_subscribers",
        "\(Limits.followers) already follow this hub's events: ask for what you need now and then, "
            + "and try again in a minute."
    ).retryable(after: 60)

    static let stopping = Problem(
        503, "stopping", "The hub is stopping: try again when it is back."
    ).retryable(after: 2)

    /// A request for one message is mostly that message's body.
    static func tooLarge(_ route: Route) -> Problem {
        guard route != .publish else { return .bodyTooLarge }
        return Problem(
            413, "request_too_large",
            "The request is larger than \(route.bodyLimit) bytes: send less at once.")
    }

    static let bodyTooLarge = Problem(
        413, "body_too_large",
        "A body is larger than \(Limits.bodyBytes) bytes: send ids, and let the warehouse fetch "
            + "the rest.")

    // MARK: The store

    static let diskNearlyFull = Problem(
        507, "disk_nearly_full",
        "The hub's disk has too little room left to take messages: nothing was stored. Make room "
            + "there."
    ).retryable(after: 10)

    init(_ failure: StoreFailure) {
        switch failure {
        case .full:
            self = Problem(
                507, "disk_full", "The hub's disk is full: nothing was stored. Make room there."
            ).retryable(after: 10)
        case .busy:
            self = Problem(
                503, "store_busy",
                "Another program holds the hub's database: nothing was stored, try again."
            ).retryable(after: 1)
        case .damaged:
            self = Problem(
                500, "store_damaged",
                "The hub's database is damaged: its operator finds the details in the log.")
        case .disk, .other:
            self = Problem(
                503, "store_failed",
                "The hub could not use its database: its operator finds the details in the log."
            ).retryable(after: 5)
        }
    }

    // MARK: Positions

    static func positionAhead(_ head: Int64) -> Problem {
        Problem(
            409, "position_ahead",
            "The newest message of this hub is \(head): the position is another hub's, or this one "
                + "was restored from a backup."
        ).with("head", .number(String(head)))
    }

    static let unknownID = Problem(
        422, "unknown_id",
        "No message has this id: give an index, a time, or the id of a message that is there.")

    /// - Parameter forkedAt: the newest message that is the same in both, if this hub was restored
    ///   from a backup of the other.
    static func otherHub(_ hub: String, forkedAt: Int64?) -> Problem {
        guard let forkedAt else {
            return Problem(
                409, "other_hub",
                "This hub is \(hub), the position belongs to another one: ask an operator where to "
                    + "go on from."
            ).with("hub", .text(hub))
        }
        return Problem(
            409, "other_hub",
            "This hub is \(hub), restored from a backup of the other one that ends at message "
                + "\(forkedAt): a position up to there counts here too, send it with the new name; "
                + "with one beyond, stop and ask an operator."
        ).with("hub", .text(hub)).with("forkedAt", .number(String(forkedAt)))
    }

    // MARK: Warehouses

    init(_ refusal: Refusal, wid: UInt32, wall: Int64) {
        func lease(_ code: String, _ detail: String, _ holder: String, _ rest: UInt64) -> Problem {
            var expires = ByteBuffer(capacity: 24)
            expires.append(timestampMilliseconds: wall + Int64(rest / 1_000_000))
            return Problem(409, code, detail).with("holder", .text(holder)).with(
                "expires", .text(expires.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }))
        }
        switch refusal {
        case .sessionFenced(let holder, let rest):
            self = lease(
                "session_fenced",
                "Session \(holder) has taken warehouse \(wid) over: stop, or take it back with "
                    + "`takeOver`.", holder, rest)
        case .sessionHeld(let holder, let rest):
            self = lease(
                "session_held",
                "Session \(holder) holds warehouse \(wid): wait till it ends, or take over with "
                    + "`takeOver` and a `session` of your own.", holder, rest)
        case .notDelivered(let delivered):
            self = Problem(
                409, "not_delivered",
                "Warehouse \(wid) has been handed messages up to \(delivered): pull before you "
                    + "commit further."
            ).with("delivered", .number(String(delivered)))
        case .positionAhead(let head):
            self = .positionAhead(head)
        case .paused:
            self = Problem(
                423, "paused", "An operator has paused warehouse \(wid): try again later."
            ).retryable(after: 10)
        case .retired:
            self = Problem(
                410, "retired",
                "Warehouse \(wid) is closed: an operator can open it again with `revive`.")
        case .unknownWarehouse:
            self = Problem(
                404, "unknown_warehouse",
                "No warehouse \(wid) has ever pulled: it becomes known with its first pull.")
        case .warehouseLimit:
            self = Problem(
                507, "warehouse_limit",
                "\(Limits.warehouses) warehouses have registered, no more may.")
        case .unknownLetter:
            self = Problem(
                404, "unknown_dead_letter", "No dead letter of this hub has this number.")
        case .letterSettled(let state):
            self = Problem(
                409, "dead_letter_settled",
                "The dead letter has come to its end, it is \(state.rawValue): there is nothing "
                    + "left to order.")
        case .letterParked:
            self = Problem(
                409, "dead_letter_parked",
                "The message waits behind a dead one of its key and goes along with it: retry "
                    + "that one, or drop this.")
        case .letterLimit:
            self = Problem(
                507, "dead_letter_limit",
                "Warehouse \(wid) has \(Limits.openLetters) open dead letters, or "
                    + "\(Limits.openLetterBytes) bytes of them, no more may be: nothing was "
                    + "stored. Retry or drop some."
            ).retryable(after: 60)
        case .moved:
            self = Problem(
                503, "moved", "The position moves faster than it can be read: try again."
            ).retryable(after: 1)
        }
    }
}
