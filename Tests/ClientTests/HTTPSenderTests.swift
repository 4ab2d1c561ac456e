import Platform
import Synchronization
import TestSupport
import Testing

@testable import MessageCenterClient

@Suite("HTTP for code that must not block", .serialized)
struct HTTPSenderTests {
    private let hub: RunningHub

    init() throws {
        hub = try RunningHub()
    }

    private func proxy(
        _ fault: @escaping @Sendable (FaultyProxy.Request) -> FaultyProxy.Fault
    ) throws -> (FaultyProxy, HTTPSender) {
        let proxy = try FaultyProxy(to: hub.endpoint, fault: fault)
        return (proxy, try HTTPSender(base: proxy.url))
    }

    @Test("Requests go one after another over one kept connection")
    func kept() async throws {
        let (proxy, sender) = try proxy { _ in .none }
        for _ in 0..<3 {
            #expect(try await sender.perform(HTTPRequest("GET", "/readyz")).status == 200)
        }
        #expect(proxy.requests == 3)
    }

    @Test("What goes wrong on the way has a reason")
    func reasons() async throws {
        let faults: [(FaultyProxy.Fault, TransportFailure.Reason)] = [
            (.refuse, .broken), (.loseAnswer, .broken), (.cutAnswer(after: 20), .broken),
            (.delay(milliseconds: 2000), .timedOut),
        ]
        for (fault, reason) in faults {
            let (proxy, sender) = try proxy { _ in fault }
            let failure = await #expect(throws: TransportFailure.self) {
                try await sender.perform(
                    HTTPRequest("GET", "/readyz", timeout: .milliseconds(300)))
            }
            #expect(failure?.reason == reason, "\(fault)")
            #expect(proxy.requests == 1)
        }
    }

    @Test(
        "An answer that is cut anywhere is none", arguments: Array(stride(from: 0, to: 130, by: 6)))
    func cut(after count: Int) async throws {
        let (proxy, sender) = try proxy { _ in .cutAnswer(after: count) }
        let failure = await #expect(throws: TransportFailure.self) {
            try await sender.perform(HTTPRequest("GET", "/readyz"))
        }
        #expect(failure?.reason == .broken)
        #expect(proxy.requests == 1)
    }

    @Test("An answer of any status is an answer, with the pause it asks for")
    func statuses() async throws {
        let (proxy, sender) = try proxy { _ in .busy(503, retryAfter: 7) }
        let answer = try await sender.perform(HTTPRequest("GET", "/readyz"))
        #expect(answer.status == 503 && answer.retryAfter == 7)
        #expect(proxy.requests == 1)
    }

    @Test("A cancelled task ends its transfer at once, and the sender goes on")
    func cancelled() async throws {
        let (proxy, sender) = try proxy { $0.number == 0 ? .delay(milliseconds: 30_000) : .none }
        let began = ContinuousClock.now
        let waiting = Task { try await sender.perform(HTTPRequest("GET", "/readyz")) }
        #expect(await becomesTrue { proxy.requests == 1 })
        waiting.cancel()
        let failure = await #expect(throws: TransportFailure.self) { try await waiting.value }
        #expect(failure?.reason == .cancelled)
        #expect(ContinuousClock.now - began < .seconds(5))
        #expect(try await sender.perform(HTTPRequest("GET", "/readyz")).status == 200)
    }

    @Test("A task that is cancelled already sends nothing")
    func cancelledBefore() async throws {
        let (proxy, sender) = try proxy { _ in .none }
        let failure = await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await #expect(throws: TransportFailure.self) {
                try await sender.perform(HTTPRequest("GET", "/readyz"))
            }
        }.value
        #expect(failure?.reason == .cancelled)
        #expect(proxy.requests == 0)
    }

    @Test("A pull has as long as it waits, and 15 seconds", arguments: [0, 1, 30, 60])
    func pullTimeout(wait: Int) {
        #expect(HubCalls.Pull(waitSeconds: wait).timeout == .seconds(wait + 15))
    }

    @Test("A proxy of the environment leads to other machines, never to this one")
    func environmentProxy() throws {
        let proxy = try FaultyProxy(to: hub.endpoint) { request in
            request.line.hasPrefix("GET http://hub.example/readyz ") ? .none : .refuse
        }
        for (url, requests) in [(hub.url, 0), ("http://hub.example", 1)] {
            let run = try ProgramExit(
                ["health", "--hub", url], environment: ["http_proxy": proxy.url])
            #expect(run.status == 0, "\(run.errors)")
            #expect(proxy.requests == requests)
        }
    }

    // For https a proxy is asked for a tunnel, which the one of these tests does not make.
    @Test("A proxy that is named is used, also on this machine", .enabled(if: !TestTLS.isOn))
    func namedProxy() async throws {
        let proxy = try FaultyProxy(to: nil) { request in
            request.line.hasPrefix("GET http://127.0.0.1:") ? .answer(status: 299) : .refuse
        }
        let sender = try HTTPSender(
            base: hub.url, options: HTTPOptions(proxy: proxy.url))
        #expect(try await sender.perform(HTTPRequest("GET", "/readyz")).status == 299)
    }

    @Test(
        "Certificates that cannot be read are told at once",
        arguments: [
            HTTPOptions(certificateAuthority: "/not/there.pem"),
            HTTPOptions(clientCertificate: "/not/there.pem"),
            HTTPOptions(clientKey: "/etc/hostname"),
        ])
    func unreadable(options: HTTPOptions) {
        let failure = #expect(throws: TransportFailure.self) {
            try HTTPSender(base: "https://127.0.0.1:1", options: options)
        }
        #expect(failure?.reason == .unusable)
    }
}
