public import Foundation

/// The usual events by name. Each publishes the topic, key and body of its `Entity`: by default
/// the body says only which one it is, and warehouses fetch the rest.
///
/// Parameters are those of `publish(topic:wid:key:body:occurred:id:)`, but `id` is the entity's
/// own, such as `10001`. Categories and products are for every warehouse unless a wid is given;
/// all others are for the publisher's.
extension MessagePublisher {
    /// A category is new: `Category_Created`.
    @discardableResult
    public nonisolated(nonsending) func categoryCreated(
        id: String, wid: Int? = nil, occurred: Date? = nil, body: (any Encodable)? = nil
    ) async -> PublishResult {
        await publish(.category, .created, id: id, wid: wid, occurred: occurred, body: body)
    }

    /// A category has changed: `Category_Changed`.
    @discardableResult
    public nonisolated(nonsending) func categoryChanged(
        id: String, wid: Int? = nil, occurred: Date? = nil, body: (any Encodable)? = nil
    ) async -> PublishResult {
        await publish(.category, .changed, id: id, wid: wid, occurred: occurred, body: body)
    }

    /// A category is gone: `Category_Deleted`.
    @discardableResult
    public nonisolated(nonsending) func categoryDeleted(
        id: String, wid: Int? = nil, occurred: Date? = nil, body: (any Encodable)? = nil
    ) async -> PublishResult {
        await publish(.category, .deleted, id: id, wid: wid, occurred: occurred, body: body)
    }

    /// A product is new: `Product_Created`.
    @discardableResult
    public nonisolated(nonsending) func productCreated(
        id: String, wid: Int? = nil, occurred: Date? = nil, body: (any Encodable)? = nil
    ) async -> PublishResult {
        await publish(.product, .created, id: id, wid: wid, occurred: occurred, body: body)
    }

    /// A product has changed: `Product_Changed`.
    @discardableResult
    public nonisolated(nonsending) func productChanged(
        id: String, wid: Int? = nil, occurred: Date? = nil, body: (any Encodable)? = nil
    ) async -> PublishResult {
        await publish(.product, .changed, id: id, wid: wid, occurred: occurred, body: body)
    }

    /// A product is gone: `Product_Deleted`.
    @discardableResult
    public nonisolated(nonsending) func productDeleted(
        id: String, wid: Int? = nil, occurred: Date? = nil, body: (any Encodable)? = nil
    ) async -> PublishResult {
        await publish(.product, .deleted, id: id, wid: wid, occurred: occurred, body: body)
    }

    /// A promotion is new: `Promotion_Created`.
    @discardableResult
    public nonisolated(nonsending) func promotionCreated(
        id: String, wid: Int? = nil, occurred: Date? = nil, body: (any Encodable)? = nil
    ) async -> PublishResult {
        await publish(.promotion, .created, id: id, wid: wid, occurred: occurred, body: body)
    }

    /// A promotion has changed: `Promotion_Changed`.
    @discardableResult
    public nonisolated(nonsending) func promotionChanged(
        id: String, wid: Int? = nil, occurred: Date? = nil, body: (any Encodable)? = nil
    ) async -> PublishResult {
        await publish(.promotion, .changed, id: id, wid: wid, occurred: occurred, body: body)
    }

    /// A promotion is gone: `Promotion_Deleted`.
    @discardableResult
    public nonisolated(nonsending) func promotionDeleted(
        id: String, wid: Int? = nil, occurred: Date? = nil, body: (any Encodable)? = nil
    ) async -> PublishResult {
        await publish(.promotion, .deleted, id: id, wid: wid, occurred: occurred, body: body)
    }

    /// An order is new: `Order_Created`.
    @discardableResult
    public nonisolated(nonsending) func orderCreated(
        id: String, wid: Int? = nil, occurred: Date? = nil, body: (any Encodable)? = nil
    ) async -> PublishResult {
        await publish(.order, .created, id: id, wid: wid, occurred: occurred, body: body)
    }

    /// An order has changed: `Order_Changed`.
    @discardableResult
    public nonisolated(nonsending) func orderChanged(
        id: String, wid: Int? = nil, occurred: Date? = nil, body: (any Encodable)? = nil
    ) async -> PublishResult {
        await publish(.order, .changed, id: id, wid: wid, occurred: occurred, body: body)
    }

    /// An order is gone: `Order_Deleted`.
    @discardableResult
    public nonisolated(nonsending) func orderDeleted(
        id: String, wid: Int? = nil, occurred: Date? = nil, body: (any Encodable)? = nil
    ) async -> PublishResult {
        await publish(.order, .deleted, id: id, wid: wid, occurred: occurred, body: body)
    }

    /// A sale order is new: `SaleOrder_Created`.
    @discardableResult
    public nonisolated(nonsending) func saleOrderCreated(
        id: String, wid: Int? = nil, occurred: Date? = nil, body: (any Encodable)? = nil
    ) async -> PublishResult {
        await publish(.saleOrder, .created, id: id, wid: wid, occurred: occurred, body: body)
    }

    /// A sale order has changed: `SaleOrder_Changed`.
    @discardableResult
    public nonisolated(nonsending) func saleOrderChanged(
        id: String, wid: Int? = nil, occurred: Date? = nil, body: (any Encodable)? = nil
    ) async -> PublishResult {
        await publish(.saleOrder, .changed, id: id, wid: wid, occurred: occurred, body: body)
    }

    /// A sale order is gone: `SaleOrder_Deleted`.
    @discardableResult
    public nonisolated(nonsending) func saleOrderDeleted(
        id: String, wid: Int? = nil, occurred: Date? = nil, body: (any Encodable)? = nil
    ) async -> PublishResult {
        await publish(.saleOrder, .deleted, id: id, wid: wid, occurred: occurred, body: body)
    }

    /// A buy order is new: `BuyOrder_Created`.
    @discardableResult
    public nonisolated(nonsending) func buyOrderCreated(
        id: String, wid: Int? = nil, occurred: Date? = nil, body: (any Encodable)? = nil
    ) async -> PublishResult {
        await publish(.buyOrder, .created, id: id, wid: wid, occurred: occurred, body: body)
    }

    /// A buy order has changed: `BuyOrder_Changed`.
    @discardableResult
    public nonisolated(nonsending) func buyOrderChanged(
        id: String, wid: Int? = nil, occurred: Date? = nil, body: (any Encodable)? = nil
    ) async -> PublishResult {
        await publish(.buyOrder, .changed, id: id, wid: wid, occurred: occurred, body: body)
    }

    /// A buy order is gone: `BuyOrder_Deleted`.
    @discardableResult
    public nonisolated(nonsending) func buyOrderDeleted(
        id: String, wid: Int? = nil, occurred: Date? = nil, body: (any Encodable)? = nil
    ) async -> PublishResult {
        await publish(.buyOrder, .deleted, id: id, wid: wid, occurred: occurred, body: body)
    }

    /// An event of an entity: the one way behind all of the above, for entities of your own too.
    @discardableResult
    public nonisolated(nonsending) func publish(
        _ entity: Entity, _ event: Entity.Event, id: String, wid: Int? = nil,
        occurred: Date? = nil, body: (any Encodable)? = nil
    ) async -> PublishResult {
        let body: any Encodable = body ?? entity.body(id)
        return await publish(
            topic: entity.topic(event), wid: wid ?? (entity.isGlobal ? 0 : nil),
            key: entity.key(id), body: body, occurred: occurred)
    }
}
