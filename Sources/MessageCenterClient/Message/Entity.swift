/// A kind of thing that the usual messages are about: how its topics, keys and bodies are named.
///
/// The one table that the publisher's sugar (`saleOrderCreated`) and the consumer's
/// (`onSaleOrderCreated`) are made of.
public struct Entity: Sendable, Hashable {
    /// The first part of its topics: `SaleOrder` of `SaleOrder_Created`.
    public let name: String
    /// What its keys begin with: `order` of `order:10001`.
    public let keyPrefix: String
    /// The member of a body that names one: `OrderId` of `{"OrderId":"10001"}`.
    public let idMember: String
    /// Whether every warehouse has it, so that its messages are for wid 0 unless said otherwise.
    public let isGlobal: Bool

    /// An entity of your own, beside the usual ones.
    public init(name: String, keyPrefix: String, idMember: String, isGlobal: Bool = false) {
        self.name = name
        self.keyPrefix = keyPrefix
        self.idMember = idMember
        self.isGlobal = isGlobal
    }

    /// What happened to it.
    public enum Event: String, Sendable, CaseIterable {
        case created = "Created"
        case changed = "Changed"
        case deleted = "Deleted"
    }

    /// The topic of an event, such as `SaleOrder_Created`.
    public func topic(_ event: Event) -> String { "\(name)_\(event.rawValue)" }

    /// The key of the one with that id, such as `order:10001`.
    public func key(_ id: String) -> String { "\(keyPrefix):\(id)" }

    /// The body that says no more than which one it is, such as `{"OrderId":"10001"}`.
    public func body(_ id: String) -> [String: String] { [idMember: id] }
}

extension Entity {
    /// `Category_…`, key `category:<id>`, body `{"CategoryId":…}`; global.
    public static let category = Entity(
        name: "Category", keyPrefix: "category", idMember: "CategoryId", isGlobal: true)
    /// `Product_…`, key `product:<id>`, body `{"ProductId":…}`; global.
    public static let product = Entity(
        name: "Product", keyPrefix: "product", idMember: "ProductId", isGlobal: true)
    /// `Promotion_…`, key `promotion:<id>`, body `{"PromotionId":…}`.
    public static let promotion = Entity(
        name: "Promotion", keyPrefix: "promotion", idMember: "PromotionId")
    /// `Order_…`, key `order:<id>`, body `{"OrderId":…}`: for shops with one kind of order.
    public static let order = Entity(name: "Order", keyPrefix: "order", idMember: "OrderId")
    /// `SaleOrder_…`, key `order:<id>`, body `{"OrderId":…}`.
    public static let saleOrder = Entity(
        name: "SaleOrder", keyPrefix: "order", idMember: "OrderId")
    /// `BuyOrder_…`, key `buyorder:<id>`, body `{"BuyOrderId":…}`.
    public static let buyOrder = Entity(
        name: "BuyOrder", keyPrefix: "buyorder", idMember: "BuyOrderId")

    /// All of the usual ones.
    public static let usual: [Entity] = [
        category, product, promotion, order, saleOrder, buyOrder,
    ]
}
