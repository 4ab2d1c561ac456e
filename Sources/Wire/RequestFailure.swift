/// Why a request can not be read, in the words for its sender.
///
/// After a failure nothing is known about where the next request would begin: answer and close.
package struct RequestFailure: Error, Sendable {
    /// 400, 413, 414, 431, 501 or 505.
    package let status: UInt16
    /// What is wrong and what to do.
    package let detail: StaticString

    package init(_ status: UInt16, _ detail: StaticString) {
        self.status = status
        self.detail = detail
    }
}

extension RequestFailure: Equatable {
    package static func == (one: RequestFailure, other: RequestFailure) -> Bool {
        one.status == other.status && one.detail.description == other.detail.description
    }
}
