import MessageCenterClient

/// What a person at the command line does next about a problem.
enum HubAdvice {
    static let byCode: [String: String] = [
        "session_held": "wait until the lease ends, or take the line over with --take-over",
        "session_fenced":
            "another session has taken the line; start anew with a session of its own",
        "not_delivered": "commit at most what was delivered; 'warehouse show' tells it",
        "position_ahead": "the position is beyond the hub's newest message: is this the right hub?",
        "position_gone": "'warehouse seek --to earliest' goes on at the oldest message still kept",
        "other_hub":
            "this position belongs to another hub; see which one --hub names. "
            + "Up to forkedAt, where that is told, it counts here too",
        "paused": "'warehouse resume' lets it pull again",
        "retired": "'warehouse revive' brings it back",
        "unknown_file": "'archive list' shows the files there are",
        "archive_damaged":
            "'archive verify' names what is damaged; put the file back from a backup",
        "unknown_id": "look the message up with 'message show', or give an index or a time",
        "id_conflict": "the id was used for another message; let the program make a new one",
        "id_expired": "the id is too old to be told from a repeated one; publish under a new id",
        "token_expired":
            "'token create' makes a new one on the hub's machine; give it by MESSAGE_CENTER_TOKEN "
            + "or --token-file",
        "tls_required": "write https:// where you said http://",
        "body_too_large": "publish a reference and let the warehouse fetch the rest",
    ]

    static let byReason: [TransportFailure.Reason: String] = [
        .unreachable: "is a hub running? 'message-center serve' starts one here; --hub says where",
        .broken: "is that a hub's port? One that speaks TLS may also have refused the certificate "
            + "that was shown: its log tells why",
        .insecure: "--tls-authority names who vouches for the hub, if this machine knows nobody; "
            + "ask for the hub by a name that its certificate has; a hub without TLS is http://",
    ]

    /// Which option of `consume` is meant, where one is.
    static func of(_ failure: ConsumerFailure) -> String? {
        switch failure {
        case .held: "consume --take-over takes it over, and the other one ends"
        case .otherHub: "consume --accept-hub accepts it, after a look at the data"
        default: nil
        }
    }

    static let byStatus: [Int: String] = [
        401: "give a token by MESSAGE_CENTER_TOKEN or --token-file; 'token create' makes one",
        403: "this token may not do that; 'token list' shows what each one may",
        429: "slow down, and try again",
        503: "try again in a moment",
        507: "the hub's disk is nearly full: make room there",
    ]
}
