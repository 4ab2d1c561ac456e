import Foundation
import TestSupport
import Testing
import Wire

/// Attacks on a running hub, which has a process of its own so that what it holds can be measured:
/// others are served meanwhile, it holds a bounded amount, and gives it back.
@Suite("Attacks", .serialized)
struct AttackTests {
    @Test("Others are served, and the hub has what it had before", arguments: Attack.all)
    func holds(attack: Attack) async throws {
        try await onOwnThread { try hold(attack) }
    }

    private func hold(_ attack: Attack) throws {
        let hub = try HubProcess(
            arguments: ["--loops", "2"] + attack.arguments, inClear: !attack.speaksTLS)
        let observer = try hub.client()
        try warmUp(observer)
        let before = try Vitals(of: hub.processID)
        let regular = try Regular(
            at: hub.endpoint, tls: attack.speaksTLS ? TestTLS.client : nil)
        try attempt(attack, on: hub, beside: regular)
        let complaint = regular.complaint()
        #expect(complaint == nil)
        // The observer's own connection is all that is left.
        let isQuiet = try eventually {
            try observer.metric("message_center_connections") == 1
        }
        #expect(isQuiet)
        let isFree = try eventually {
            let now = try Vitals(of: hub.processID)
            return now.descriptors <= before.descriptors
                && now.memory <= before.memory + attack.cache
        }
        let after = try Vitals(of: hub.processID)
        #expect(isFree, "\(before) became \(after)")
        #expect(after.mostMemory - before.memory <= attack.mostMemory)
        #expect(try observer.get("/readyz").status == 200)
        #expect(try hub.stop().status == 0)
    }

    /// Does it, and lets go when the others were served beside it.
    private func attempt(_ attack: Attack, on hub: HubProcess, beside regular: Regular) throws {
        let kept = try attack.attempt(hub)
        let rounds = regular.rounds
        let goesOn = eventually { regular.rounds >= rounds + 3 || regular.hasComplained }
        #expect(goesOn)
        withExtendedLifetime(kept) {}
    }

    /// The first of each kind makes what is kept for ever.
    private func warmUp(_ client: RawClient) throws {
        for _ in 0..<200 { try client.publish(wid: 7002) }
        try client.pull(7002, ["limit": 1000])
        _ = try client.get("/metrics")
    }
}
