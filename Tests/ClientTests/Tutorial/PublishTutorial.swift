import Foundation
import MessageCenterClient

// What stands between `docs/client.md` and `end` here stands in that page, word for word; the page
// has an address and a folder in place of `hub` and `spool`. `TutorialTests` compares and runs it.

/// The code of the part "Publish".
struct PublishTutorial {
    let hub: String
    let spool: String

    func first() async throws {
        // docs/client.md
        let publisher = try MessagePublisher(url: hub, wid: 105)
        let result = await publisher.saleOrderChanged(id: "10001")
        if result.isSuccess {
            print("stored as", result.id)
        } else {
            print("not stored:", result.text)
        }
        await publisher.close()
        // end
    }

    // docs/client.md
    struct SaleOrder: Encodable {
        let orderId: String
        let total: Double
    }

    func place(_ order: SaleOrder, for wid: Int, with publisher: MessagePublisher) async {
        let result = await publisher.publish(
            topic: "SaleOrder_Created", wid: wid, key: "order:\(order.orderId)", body: order,
            occurred: .now)
        if !result.isSuccess { print(result.code ?? "", result.text) }
    }
    // end

    func usual(_ publisher: MessagePublisher) async {
        // docs/client.md
        await publisher.productChanged(id: "85123A")
        await publisher.saleOrderCreated(id: "10001", wid: 105)
        await publisher.promotionDeleted(id: "7", wid: 105, occurred: .now)

        let parcel = Entity(name: "Parcel", keyPrefix: "parcel", idMember: "ParcelId")
        await publisher.publish(parcel, .created, id: "31", wid: 105)
        // end
    }

    func many(_ publisher: MessagePublisher) async {
        // docs/client.md
        await withTaskGroup(of: PublishResult.self) { group in
            for number in 1...1000 {
                group.addTask { await publisher.saleOrderChanged(id: "\(number)") }
            }
            for await result in group where !result.isSuccess {
                print(result.id, result.text)
            }
        }
        // end
    }

    func again(_ publisher: MessagePublisher) async {
        // docs/client.md
        let id = publisher.newID()
        var result = await publisher.publish(topic: "Stock_Counted", body: 17, id: id)
        if result.code == PublishCode.gaveUp {
            // Perhaps stored, perhaps not: with the same id it is stored once.
            result = await publisher.publish(topic: "Stock_Counted", body: 17, id: id)
        }
        // end
    }

    func spooled() async throws {
        // docs/client.md
        var settings = PublishSettings()
        settings.spool = SpoolSettings(folder: spool, bytes: 256 << 20)
        settings.onTrouble = { trouble in
            print("\(trouble); trying again in \(trouble.nextTry)")
        }
        let publisher = try MessagePublisher(url: hub, wid: 105, settings: settings)

        let result = await publisher.saleOrderChanged(id: "10001")
        if result.isSuccess, result.index == nil { print("kept, and sent later") }

        if await !publisher.drain(within: .seconds(10)) { print("the rest goes out next time") }
        await publisher.close()
        // end
    }

    func secure() throws {
        // docs/client.md
        var settings = PublishSettings()
        settings.options.certificateAuthority = "/etc/shop/ca.pem"
        settings.options.clientCertificate = "/etc/shop/shop.pem"
        settings.options.clientKey = "/etc/shop/shop.key"
        let publisher = try MessagePublisher(
            url: "https://hub.example:8443", token: "mct_0123456789", wid: 105, settings: settings)
        // end
        _ = publisher
    }
}
