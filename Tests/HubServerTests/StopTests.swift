import Foundation
import TestSupport
import Platform
import Testing
import Wire

/// SIGTERM: not ready first, what is under way is answered, exit 0 within five seconds.
@Suite("The stop")
struct StopTests {
    private func waitForWaiters(_ count: Int, _ client: RawClient) throws {
        #expect(
            try eventually {
                try client.get("/metrics").text.contains("waiting_pulls \(count)\n")
            })
    }

    @Test("Waiting pulls are answered empty, idle connections are closed")
    func waiting() throws {
        let hub = try HubProcess(arguments: ["--loops", "2"])
        let idle = try hub.client()
        var waiting: [RawClient] = []
        for wid in 1...20 {
            let client = try hub.client()
            try client.begin("POST", "/v1/warehouses/\(wid)/pull", #"{"wait":60}"#)
            waiting.append(client)
        }
        try waitForWaiters(20, idle)
        let (status, took) = try hub.stop()
        #expect(status == 0)
        #expect(took < .seconds(5))
        for client in waiting {
            let answer = try client.answer()
            #expect(answer.status == 200)
            #expect(answer["messages"].elements?.isEmpty == true)
            #expect(answer[field: "Connection"] == "close")
            #expect(try client.isClosed())
        }
        #expect(try idle.isClosed())
        #expect(idle.pending.isEmpty)
        #expect(hub.told.contains("stopped, head 0"))
    }

    @Test("The hub says that it is not ready before it goes")
    func notReady() throws {
        let hub = try HubProcess(arguments: ["--loops", "1"])
        let client = try hub.client()
        #expect(try client.get("/readyz").status == 200)
        hub.terminate()
        var answers: [Answer] = []
        repeat {
            answers.append(try client.get("/readyz"))
        } while answers.last?[field: "Connection"] == nil
        // Ready for a while, then not any more, and only then the connection ends.
        for answer in answers.drop(while: { $0.status == 200 }) {
            expectProblem(answer, 503, "not_ready")
            #expect(answer["reason"].text == "stopping")
            #expect(answer[field: "Retry-After"] != nil)
        }
        #expect(answers.last?.status == 503)
        #expect(try client.isClosed())
        #expect(try hub.stop().status == 0)
    }

    @Test("Every message acknowledged before or during the stop is there after a restart")
    func publishing() throws {
        let hub = try HubProcess(arguments: ["--loops", "2"])
        let acknowledged = Locked<[Int: String]>([:])
        let odd = Locked<[String]>([])
        let threads = (0..<6).map { number in
            let done = DispatchSemaphore(value: 0)
            Thread {
                defer { done.signal() }
                guard let client = try? hub.client() else { return }
                for count in 0... {
                    let name = "\(number)-\(count)"
                    guard let answer = try? client.publish(wid: 5, body: .text(name)) else {
                        return
                    }
                    if answer.status == 201, let index = answer["index"].integer {
                        acknowledged.withLock { $0[index] = name }
                    } else {
                        if answer.status != 503 { odd.withLock { $0.append(answer.text) } }
                        return
                    }
                }
            }.start()
            return done
        }
        #expect(eventually { acknowledged.withLock { $0.count } > 300 })
        let (status, took) = try hub.stop()
        #expect(status == 0)
        #expect(took < .seconds(5))
        for thread in threads { thread.wait() }
        #expect(odd.withLock { $0 }.isEmpty)
        let kept = acknowledged.withLock { $0 }
        let next = try HubProcess(folder: hub.folder)
        let client = try next.client()
        var found: [Int: String] = [:]
        var after = 0
        while true {
            let page = try client.get("/v1/warehouses/5/messages?limit=1000&after=\(after)")
            for message in page["messages"].elements ?? [] {
                found[message["index"]?.integer ?? -1] = message["body"]?.text
            }
            after = page["next"].integer ?? 0
            if page["more"] != .boolean(true) { break }
        }
        for (index, name) in kept { #expect(found[index] == name) }
        // Each client has at most one message whose answer it did not see.
        #expect(found.count - kept.count <= 6)
    }

    @Test("A client that trickles a body does not hold up the stop")
    func trickling() throws {
        let hub = try HubProcess()
        let client = try hub.client()
        try client.send("POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 999\r\n\r\n{")
        let other = try hub.client()
        try other.send("GET /healthz HTTP/1.1\r\nHo")
        #expect(try hub.client().get("/healthz").status == 200)
        let (status, took) = try hub.stop()
        #expect(status == 0)
        #expect(took < .seconds(5))
        #expect(try client.isClosed())
    }

    @Test("A body that is whole in time is still answered, with 503")
    func late() throws {
        let hub = try HubProcess(arguments: ["--loops", "1"])
        let (client, probe) = (try hub.client(), try hub.client())
        try client.send("POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 32\r\n\r\n")
        #expect(try probe.get("/healthz").status == 200)
        hub.terminate()
        while try probe.get("/readyz")[field: "Connection"] == nil {}
        try client.send(#"{"topic":"A_B","wid":0,"body":1}"#)
        let answer = try client.answer()
        expectProblem(answer, 503, "stopping")
        #expect(answer[field: "Connection"] == "close")
        #expect(answer["retryable"] == .boolean(true))
        #expect(try hub.stop().status == 0)
    }

    @Test("A database held by another program does not hold up the stop")
    func held() throws {
        let hub = try HubProcess(arguments: ["--loops", "1"])
        let client = try hub.client()
        #expect(try client.publish(wid: 5).status == 201)
        let holder = try DatabaseHolder(hub.folder.path + "/hub.db")
        defer { holder.letGo() }
        var publishers: [RawClient] = []
        for _ in 0..<5 {
            let publisher = try hub.client()
            try publisher.begin("POST", "/v1/messages", #"{"topic":"A_B","wid":0,"body":1}"#)
            publishers.append(publisher)
        }
        #expect(try client.get("/healthz").status == 200)
        let (status, took) = try hub.stop()
        #expect(status == 0)
        #expect(took < .seconds(5))
        for publisher in publishers {
            // A refusal or a closed connection: never an acknowledgement.
            if let answer = try? publisher.answer() { #expect(answer.status == 503) }
        }
    }
}
