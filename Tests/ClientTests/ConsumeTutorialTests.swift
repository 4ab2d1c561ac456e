import Foundation
import MessageCenterClient
import Platform
import TestSupport
import Testing
import Wire

/// The part "Consume" of `docs/client.md`, run; `TutorialTests` compares it with the page.
@Suite("The tutorial's part on consuming")
struct ConsumeTutorialTests {
    @Test("It does what it says")
    func consume() async throws {
        let hub = try HubProcess()
        let client = try hub.client()
        let folder = try TemporaryFolder()
        let url = hub.url
        for (topic, key, body) in [
            ("SaleOrder_Changed", "order:1", #"{"OrderId":"1"}"#),
            ("Stock_Counted", "product:7", #"{"product":"7","count":3}"#),
            ("Stock_Counted", "product:8", #"{"product":"8","count":4}"#),
            ("Product_Deleted", "product:7", #"{"ProductId":"7"}"#),
            ("Stock_Counted", "product:9", #"{"product":"9","count":-1}"#),
        ] {
            try client.publish(topic: topic, wid: 105, key: key, body: .parse(body))
        }
        let tutorial = ConsumeTutorial(hub: url, folder: folder.path)
        try await tutorial.first { #expect($0.wid == 105) }
        var settings = ConsumeSettings()
        settings.connection.certificateAuthority = TestTLS.authority
        settings.folder = folder.path
        settings.stopsWhenCaughtUp = true
        settings.alarm.bell = false
        let consumer = try MessageConsumer(url: url, wid: 105, settings: settings)
        let shelves = ConsumeTutorial.Shelves()
        tutorial.follow(consumer, shelves)
        tutorial.hooks(consumer)
        try await tutorial.start(consumer)
        #expect(await shelves.counts == ["8": 4])
        await tutorial.drill(consumer)
        try tutorial.letters()
        let letters = try DeadLetters(folder: folder.path).open
        #expect(letters.map(\.message.key) == ["product:9"])
        #expect(letters.map(\.order) == [.retry])
        #expect(try tutorial.settings().wid == 105)
    }
}
