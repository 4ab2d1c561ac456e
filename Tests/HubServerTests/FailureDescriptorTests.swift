import Foundation
import TestSupport
import Testing
import Wire

@Suite("Failures: descriptors")
struct FailureDescriptorTests {
    @Test("When descriptors run out those inside are served, and those outside when some leave")
    func exhausted() throws {
        let hub = try HubProcess(
            arguments: ["--loops", "1"], wrapper: ["prlimit", "--nofile=64"], inClear: true)
        var clients: [RawClient] = []
        for _ in 0..<100 {
            let client = try hub.client()
            try client.begin("GET", "/healthz")
            clients.append(client)
        }
        #expect(eventually { hub.told.contains("new connections wait") })
        #expect(hub.told.contains("EMFILE"))
        #expect(hub.told.contains("raise the limit of open files"))
        // Who came first is inside, and everything goes on there.
        for client in clients.prefix(20) { #expect(try client.answer().status == 200) }
        #expect(try clients[0].publish(wid: 5).status == 201)
        #expect(try clients[1].pull(5)["messages"].elements?.count == 1)
        // It is told once, however long it lasts.
        #expect(hub.told.components(separatedBy: "new connections wait").count == 2)
        let rest = Array(clients[20...])
        clients = []
        for client in rest {
            #expect(try client.answer().status == 200)
            client.endSending()
        }
        #expect(hub.told.contains("connections are accepted again"))
        #expect(try hub.stop().status == 0)
    }
}
