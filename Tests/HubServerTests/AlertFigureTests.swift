import Foundation
import HubServer
import Platform
import TestSupport
import Testing
import Wire

/// What the alerts on warehouses and on restarts look at.
@Suite("Figures for alerts") struct AlertFigureTests {
    private let hub: RunningHub
    private let client: RawClient

    init() throws {
        hub = try RunningHub { $0.sampling.step = 50 }
        client = try hub.client()
    }

    /// The wids whose place is told.
    private func told() throws -> [String] {
        try client.get("/metrics").text
            .matches(of: /(?m)^message_center_warehouse_committed\{wid="(\d+)"\} \d+$/)
            .map { String($0.1) }
    }

    private func lags(_ seconds: ClosedRange<Double>) throws -> Bool {
        try eventually {
            seconds.contains(try client.metric("message_center_lag_seconds") ?? -1)
        }
    }

    @Test("Who is paused or has never pulled counts for no alert on lags")
    func atWork() throws {
        for wid in [7, 8, 9] { try client.publish(wid: wid) }
        for wid in [7, 8] { try client.pull(wid) }
        #expect(try client.request("PUT", "/v1/warehouses/9", "{}").status == 200)
        hub.clock.offsetMilliseconds = 7_200_000
        #expect(try told() == ["7", "8"])
        #expect(try lags(7200...7300))
        #expect(try client.post("/v1/warehouses/7/pause").status == 200)
        #expect(try client.post("/v1/warehouses/8/commit", ["index": 2]).status == 200)
        #expect(try told() == ["8"])
        #expect(try lags(0...0))
        #expect(try client.post("/v1/warehouses/7/resume").status == 200)
        #expect(try told() == ["7", "8"])
        #expect(try lags(7200...7300))
        #expect(try client.post("/v1/warehouses/7/retire").status == 200)
        #expect(try told() == ["8"])
    }

    @Test("The time of the start is one, whatever the clock does later")
    func start() throws {
        let name = "process_start_time_seconds"
        let started = try #require(try client.metric(name))
        #expect(abs(started - Date().timeIntervalSince1970) < 60)
        hub.clock.offsetMilliseconds = 7_200_000
        #expect(try client.metric(name) == started)
    }
}
