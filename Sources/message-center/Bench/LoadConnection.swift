// Unsafe: sends from and receives into buffers that it borrows, so that the generator costs the
// machine as little as it can.

import Platform

/// One kept connection with at most one request outstanding. Owned by one thread.
final class LoadConnection {
    let load: any Load
    let isPublisher: Bool
    /// When the request outstanding was begun, or should have been; nanoseconds.
    private(set) var begun: UInt64 = 0
    /// When the next one is due, for a connection with a rate; nanoseconds.
    var due: UInt64 = 0
    private(set) var isBusy = false
    /// Whether the poller tells when there is room to write; kept by the loop.
    var watchesRoom = false
    private(set) var reader = AnswerReader()
    private var socket: Socket?
    private var sent = 0

    init(_ load: any Load, isPublisher: Bool, to endpoint: Endpoint) throws(Errno) {
        self.load = load
        self.isPublisher = isPublisher
        try connect(to: endpoint)
    }

    /// What happened after an event.
    enum Outcome {
        case waiting
        case answered
        /// The connection is of no use any more.
        case broken(String)
    }

    func connect(to endpoint: Endpoint) throws(Errno) {
        socket = try Socket.connect(to: endpoint, timeout: 2_000)
        reader = AnswerReader()
        isBusy = false
        watchesRoom = false
    }

    var descriptor: Int32 { socket?.descriptor.raw ?? -1 }

    /// Whether some of the request still waits for room in the kernel.
    var isSending: Bool { isBusy && sent < load.request.bytes.count }

    /// Begins the next request.
    func begin(at time: UInt64) -> Outcome {
        load.prepare()
        sent = 0
        begun = time
        isBusy = true
        return sendMore()
    }

    func sendMore() -> Outcome {
        do throws(Errno) {
            while isSending {
                switch try sendRest() {
                case .bytes(let count): sent += count
                case .wouldBlock: return .waiting
                case .closed: return .broken("the hub closed the connection")
                }
            }
            return .waiting
        } catch {
            return .broken(error.description)
        }
    }

    private func sendRest() throws(Errno) -> Transfer {
        try load.request.bytes.withUnsafeBufferPointer { bytes throws(Errno) in
            try socket!.send(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[sent...])))
        }
    }

    /// Reads what is there, once; what is left is told by the poller again.
    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
        do throws(Errno) {
            switch try socket!.receive(into: buffer) {
            case .wouldBlock: return .waiting
            case .closed: return .broken("the hub closed the connection")
            case .bytes(let count):
                return take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        } catch {
            return .broken(error.description)
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        guard isBusy else { return .broken("an answer that nobody asked for") }
        switch reader.take(bytes) {
        case .incomplete: return .waiting
        case .nonsense: return .broken("an answer without a Content-Length, or longer than it")
        case .complete:
            isBusy = false
            return .answered
        }
    }
}
