import Glibc
import Platform
import TestSupport

/// A data interface that answers as a test wants it, and can be slow.
final class FakeSource: Sendable {
    struct Answer: Sendable {
        var status = 200
        var body = "{}"
        var fields: [String] = []
        var delayMilliseconds: UInt32 = 0
    }

    let url: String
    private let listener: Int32
    private let thread: OSThread
    private let seen: Locked<[(target: String, head: String)]>

    /// Answers each request by what `answer` makes of its target and of how many came before.
    init(_ answer: @escaping @Sendable (_ target: String, _ count: Int) -> Answer) throws {
        let socket = try LoopbackSocket()
        let listener = socket.descriptor
        url = "http://127.0.0.1:\(socket.port)"
        self.listener = listener
        let seen = Locked<[(target: String, head: String)]>([])
        self.seen = seen
        thread = try OSThread.start(name: "fake source") {
            serve(listener) { target, head in
                let count = seen.withLock { seen in
                    seen.append((target, head))
                    return seen.count - 1
                }
                return answer(target, count)
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        thread.join()
        close(listener)
    }

    /// The targets that were asked for.
    var targets: [String] { seen.withLock { $0.map(\.target) } }

    /// The heads of these requests, as they came.
    var heads: [String] { seen.withLock { $0.map(\.head) } }
}

private func serve(_ listener: Int32, _ answer: (String, String) -> FakeSource.Answer) {
    while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        var part = [UInt8](repeating: 0, count: 65_536)
        var head = ""
        while !head.contains("\r\n\r\n") {
            let count = recv(connection, &part, part.count, 0)
            guard count > 0 else { break }
            head += String(decoding: part.prefix(count), as: UTF8.self)
        }
        let words = head.split(separator: " ")
        if words.count > 2 {
            let answer = answer(String(words[1]), head)
            OSThread.pause(microseconds: answer.delayMilliseconds * 1000)
            let fields = answer.fields.map { "\($0)\r\n" }.joined()
            let bytes = Array(
                ("HTTP/1.1 \(answer.status) X\r\nConnection: close\r\n\(fields)"
                    + "Content-Length: \(answer.body.utf8.count)\r\n\r\n\(answer.body)").utf8)
            _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        }
        close(connection)
    }
}
