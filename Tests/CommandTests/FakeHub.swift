import Glibc
import Platform
import Synchronization
import TestSupport

/// A hub that says what it was told to say: one answer a request, in order.
final class FakeHub: Sendable {
    struct Answer: Sendable {
        var status = 200
        var fields: [String] = []
        var body: String
    }

    struct Request: Sendable {
        let line: String
        let head: String
        let body: String
    }

    let url: String
    private let seen = Locked<[Request]>([])
    private let thread: OSThread
    private let listener: Int32

    /// Listens on a free port of loopback, and answers until the answers are used up; then every
    /// connection is closed unanswered.
    init(_ answers: [Answer]) throws {
        let socket = try LoopbackSocket()
        let listener = socket.descriptor
        url = "http://127.0.0.1:\(socket.port)"
        self.listener = listener
        let seen = seen
        thread = try OSThread.start(name: "fake hub") {
            serve(listener, answers) { request in seen.withLock { $0.append(request) } }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        thread.join()
        close(listener)
    }

    /// What came in so far.
    var requests: [Request] { seen.withLock { $0 } }
}

private func serve(
    _ listener: Int32, _ answers: [FakeHub.Answer], _ note: (FakeHub.Request) -> Void
) {
    var rest = answers[...]
    while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        var buffer: [UInt8] = []
        while let request = nextRequest(connection, &buffer), let answer = rest.popFirst() {
            note(request)
            send(answer, to: connection)
        }
        close(connection)
    }
}

private func nextRequest(_ connection: Int32, _ buffer: inout [UInt8]) -> FakeHub.Request? {
    while true {
        if let request = take(from: &buffer) { return request }
        var part = [UInt8](repeating: 0, count: 65_536)
        let count = recv(connection, &part, part.count, 0)
        guard count > 0 else { return nil }
        buffer += part.prefix(count)
    }
}

private func take(from buffer: inout [UInt8]) -> FakeHub.Request? {
    let text = String(decoding: buffer, as: UTF8.self)
    guard let end = text.firstRange(of: "\r\n\r\n") else { return nil }
    let head = String(text[..<end.lowerBound])
    let length =
        head.firstRange(of: "Content-Length: ")
        .flatMap { Int(head[$0.upperBound...].prefix { $0.isNumber }) } ?? 0
    let start = head.utf8.count + 4
    guard buffer.count >= start + length else { return nil }
    let body = String(decoding: buffer[start..<start + length], as: UTF8.self)
    buffer.removeFirst(start + length)
    let line = String(head.prefix { !$0.isNewline })
    return FakeHub.Request(line: line, head: head, body: body)
}

private func send(_ answer: FakeHub.Answer, to connection: Int32) {
    let fields = answer.fields.map { "\($0)\r\n" }.joined()
    let bytes = Array(
        ("HTTP/1.1 \(answer.status) X\r\n\(fields)Content-Length: \(answer.body.utf8.count)\r\n\r\n"
            + answer.body).utf8)
    _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
}
