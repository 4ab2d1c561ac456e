import MessageCenterClient
import Testing

@Suite("The usual entities")
struct EntityTests {
    @Test(
        "have topics, keys and bodies by one rule",
        arguments: [
            (Entity.category, "Category_Created", "category:7", ["CategoryId": "7"], true),
            (.product, "Product_Created", "product:7", ["ProductId": "7"], true),
            (.promotion, "Promotion_Created", "promotion:7", ["PromotionId": "7"], false),
            (.order, "Order_Created", "order:7", ["OrderId": "7"], false),
            (.saleOrder, "SaleOrder_Created", "order:7", ["OrderId": "7"], false),
            (.buyOrder, "BuyOrder_Created", "buyorder:7", ["BuyOrderId": "7"], false),
        ])
    func names(
        entity: Entity, topic: String, key: String, body: [String: String], isGlobal: Bool
    ) {
        #expect(entity.topic(.created) == topic)
        #expect(entity.key("7") == key)
        #expect(entity.body("7") == body)
        #expect(entity.isGlobal == isGlobal)
    }

    @Test("are all in the list, each topic once")
    func usual() {
        let topics = Entity.usual.flatMap { entity in
            Entity.Event.allCases.map { entity.topic($0) }
        }
        #expect(Set(topics).count == 18 && topics.count == 18)
    }
}
