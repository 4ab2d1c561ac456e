import Dispatch

/// HTTP requests for code that must not block: one kept connection and a serial queue on which
/// its libcurl waits. Requests are sent one after another, in the order of the calls.
///
/// Two things that must not wait for one another, as a long poll and a commit, have a sender each.
public final class HTTPSender: @unchecked Sendable {
    // Unchecked: the transport performs on `queue` only; its `wake` is for any thread.
    private let transport: HTTPTransport
    private let queue: DispatchQueue

    /// Prepares requests to `base`; nothing is sent yet. Parameters and errors are those of
    /// `HTTPTransport`.
    public init(
        base: String, token: String? = nil, userAgent: String = "message-center",
        options: HTTPOptions = HTTPOptions()
    ) throws(TransportFailure) {
        transport = try HTTPTransport(
            base: base, token: token, userAgent: userAgent, options: options)
        queue = DispatchQueue(label: "message-center \(transport.base)")
    }

    /// Where requests go, without a slash at its end.
    public var base: String { transport.base }

    /// Sends one request and waits for its whole answer. A task that is cancelled ends its
    /// transfer at once, and gets a failure of reason `cancelled`: the server may have done what
    /// was asked.
    ///
    /// - Throws: where there is no answer. An answer of any status is none of these.
    public func perform(_ request: HTTPRequest) async throws(TransportFailure) -> HTTPAnswer {
        let cancellation = Cancellation()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.async {
                    continuation.resume(returning: self.result(of: request, unless: cancellation))
                }
            }
        } onCancel: {
            cancellation.cancel()
            transport.wake()
        }
        return try result.get()
    }

    private func result(
        of request: HTTPRequest, unless cancellation: Cancellation
    ) -> Result<HTTPAnswer, TransportFailure> {
        do throws(TransportFailure) {
            return .success(try transport.perform(request, unless: cancellation))
        } catch {
            return .failure(error)
        }
    }
}
