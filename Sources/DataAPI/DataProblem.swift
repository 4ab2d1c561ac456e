import SQLite
import Wire

/// A refusal, in the form the hub has: `application/problem+json` (RFC 9457).
struct DataProblem: Error, Equatable {
    let status: UInt16
    /// A stable word for programs.
    let code: String
    /// What is wrong and what to do, for people.
    let detail: String
    var retryAfter: Int?
    /// Where in the request, such as `limit`.
    var parameter: String?
    /// The connection is closed behind the answer: nobody knows where the next request begins.
    var closes = false

    init(_ status: UInt16, _ code: String, _ detail: String) {
        self.status = status
        self.code = code
        self.detail = detail
    }

    init(_ failure: RequestFailure) {
        self.init(failure.status, "malformed_request", failure.detail.description)
        closes = true
    }

    static func invalid(_ parameter: String, _ detail: String) -> DataProblem {
        var problem = DataProblem(422, "invalid_parameter", "\(parameter) \(detail)")
        problem.parameter = parameter
        return problem
    }

    static func busy(_ code: String, _ detail: String) -> DataProblem {
        var problem = DataProblem(503, code, detail)
        problem.retryAfter = 1
        return problem
    }

    var closing: DataProblem {
        var problem = self
        problem.closes = true
        return problem
    }

    /// What the database said is for the operator, not for clients: it is in the log.
    init(_ error: SQLiteError) {
        self =
            switch error.code {
            case .busy, .locked:
                .busy("database_busy", "The database is locked by another program: try again.")
            case .interrupted:
                .busy("query_too_slow", "The database took too long: ask for less, or try again.")
            default:
                DataProblem(500, "database_failed", "The database cannot be read now.")
            }
    }

    /// The refusal's body.
    ///
    /// - Parameter requestID: names this occurrence, in `instance`.
    func append(to output: inout ByteBuffer, requestID: String) {
        output.append("{\"type\":\"urn:problem:message-center-data:\(code)\",\"title\":\"")
        output.appendReason(of: status)
        output.append("\",\"status\":\(status),\"detail\":")
        output.appendJSON(text: detail)
        output.append(",\"instance\":")
        output.appendJSON(text: "urn:request:" + requestID)
        output.append(",\"code\":\"\(code)\",\"retryable\":\(retryAfter != nil),\"errors\":[")
        if let parameter {
            output.append("{\"parameter\":")
            output.appendJSON(text: parameter)
            output.append(",\"detail\":")
            output.appendJSON(text: detail)
            output.append("}")
        }
        output.append("]}")
    }
}
