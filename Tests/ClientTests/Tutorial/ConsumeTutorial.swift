import Foundation
import MessageCenterClient

// What stands between `docs/client.md` and `end` here stands in that page, word for word; the page
// has an address and a folder in place of `hub` and `folder`. `ConsumeTutorialTests` runs it.

/// The code of the part "Consume".
struct ConsumeTutorial {
    let hub: String
    let folder: String

    /// Runs the first program until `isOver`.
    func first(until isOver: @escaping @Sendable (MessageConsumer) async throws -> Void)
        async throws
    {
        // docs/client.md
        let consumer = try MessageConsumer(url: hub, wid: 105)
        consumer.on("SaleOrder_*") { message in
            print(message.topic, message.key ?? "", message.bodyText)
        }
        // end
        try await isOver(consumer)
    }

    func start(_ consumer: MessageConsumer) async throws {
        // docs/client.md
        try await consumer.start()
        // end
    }

    // docs/client.md
    struct Stock: Decodable, Sendable {
        let product: String
        let count: Int
    }

    actor Shelves {
        var counts: [String: Int] = [:]

        func set(_ product: String, _ count: Int?) { counts[product] = count }
    }

    func follow(_ consumer: MessageConsumer, _ shelves: Shelves) {
        consumer.on("Stock_Counted", as: Stock.self) { message, stock in
            guard stock.count >= 0 else { throw DoNotRetry("nobody has \(stock.count) of it") }
            await shelves.set(stock.product, stock.count)
        }
        consumer.onProductDeleted { message in
            await shelves.set(message.entityID ?? "", nil)
        }
    }
    // end

    func hooks(_ consumer: MessageConsumer) {
        // docs/client.md
        consumer.onBatchComplete { batch in
            print("\(batch.done) done, \(batch.failed) failed, \(batch.lag) to come")
        }
        consumer.onMessageFailed { letter in print("dead:", letter.message.id, letter.error ?? "") }
        consumer.onRequestError { trouble in print(trouble, "- again in", trouble.pause) }
        consumer.onNotice { notice in print(notice) }
        // end
    }

    func settings() throws -> MessageConsumer {
        // docs/client.md
        var settings = ConsumeSettings()
        settings.folder = "/var/lib/shop/105"
        settings.coalescing = .adjacent
        settings.retry = RetryPolicy(tries: 5, firstPause: .seconds(1))
        settings.alarm.command = ["/usr/local/bin/page-somebody"]
        settings.alarm.webhook = "https://chat.example/hooks/shop"
        let consumer = try MessageConsumer(url: hub, wid: 105, token: "mct_1", settings: settings)
        // end
        return consumer
    }

    func drill(_ consumer: MessageConsumer) async {
        // docs/client.md
        for outcome in await consumer.drill() { print(outcome) }
        // end
    }

    func letters() throws {
        // docs/client.md
        let letters = try DeadLetters(folder: folder)
        for letter in letters.open { print(letter.number, letter.state, letter.message.key ?? "") }
        try letters.order(.retry, letters.open.filter { $0.state == .dead })
        // end
    }
}
