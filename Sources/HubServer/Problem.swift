package import Wire

/// A refusal, as the client gets it: `application/problem+json` (RFC 9457).
package struct Problem: Error, Sendable {
    /// One field that is wrong: where it stands (RFC 6901) and what is wrong with it.
    package struct Field: Equatable, Sendable {
        package let pointer: String
        package let detail: String

        package init(_ pointer: String, _ detail: String) {
            self.pointer = pointer
            self.detail = detail
        }
    }

    package let status: UInt16
    /// A stable word for programs.
    package let code: String
    /// What is wrong and what to do, for people.
    package let detail: String
    /// Whether the same request may succeed later.
    package var retryable = false
    package var fields: [Field] = []
    /// Further members, such as `holder` or `head`.
    package var members: [JSONValue.Member] = []
    /// `Retry-After` in seconds.
    package var retryAfter: Int?
    /// `Allow`, with 405.
    package var allow: StaticString?
    /// The connection is closed behind the answer: nobody knows where the next request begins.
    package var closes = false

    package init(_ status: UInt16, _ code: String, _ detail: String) {
        self.status = status
        self.code = code
        self.detail = detail
    }

    /// The refusal's body.
    ///
    /// - Parameter requestID: names this occurrence, in `instance`.
    func append(to output: inout ByteBuffer, requestID: String) {
        output.append("{\"type\":\"urn:problem:message-center:")
        output.append(code)
        output.append("\",\"title\":\"")
        output.appendReason(of: status)
        output.append("\",\"status\":")
        output.append(decimal: Int(status))
        output.append(",\"detail\":")
        output.appendJSON(text: detail)
        output.append(",\"instance\":")
        output.appendJSON(text: "urn:request:" + requestID)
        output.append(",\"code\":\"")
        output.append(code)
        output.append(retryable ? "\",\"retryable\":true" : "\",\"retryable\":false")
        for member in members {
            output.append(",")
            output.appendJSON(text: member.name)
            output.append(":")
            member.value.append(to: &output)
        }
        appendFields(to: &output)
        output.append("}")
    }

    private func appendFields(to output: inout ByteBuffer) {
        output.append(",\"errors\":[")
        for (place, field) in fields.enumerated() {
            if place > 0 { output.append(",") }
            output.append("{\"pointer\":")
            output.appendJSON(text: field.pointer)
            output.append(",\"detail\":")
            output.appendJSON(text: field.detail)
            output.append("}")
        }
        output.append("]")
    }
}

extension Problem {
    func with(_ name: String, _ value: JSONValue) -> Problem {
        var problem = self
        problem.members.append(.init(name, value))
        return problem
    }

    func retryable(after seconds: Int?) -> Problem {
        var problem = self
        problem.retryable = true
        problem.retryAfter = seconds
        return problem
    }

    var closing: Problem {
        var problem = self
        problem.closes = true
        return problem
    }
}
