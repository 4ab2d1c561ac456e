/// The usual events by name: `onSaleOrderCreated { message in … }` for `on("SaleOrder_Created")`.
///
/// Which one it is, is told by `message.entityID`. With coalescing a Created and what was changed
/// at once behind it come together, as Changed with `isCreatedInRun`: who handles one of the two
/// handles the other as well, best by the same function.
extension MessageConsumer {
    /// Called for one event of an entity.
    public typealias Handler = @Sendable (Message) async throws -> Void

    /// Sets what is done when something happened to an entity of your own.
    public func on(_ entity: Entity, _ event: Entity.Event, _ handler: @escaping Handler) {
        on(entity.topic(event), handler)
    }

    // MARK: Category

    /// Sets what is done when a category was created.
    public func onCategoryCreated(_ handler: @escaping Handler) {
        on(.category, .created, handler)
    }

    /// Sets what is done when a category was changed.
    public func onCategoryChanged(_ handler: @escaping Handler) {
        on(.category, .changed, handler)
    }

    /// Sets what is done when a category was deleted.
    public func onCategoryDeleted(_ handler: @escaping Handler) {
        on(.category, .deleted, handler)
    }

    // MARK: Product

    /// Sets what is done when a product was created.
    public func onProductCreated(_ handler: @escaping Handler) {
        on(.product, .created, handler)
    }

    /// Sets what is done when a product was changed.
    public func onProductChanged(_ handler: @escaping Handler) {
        on(.product, .changed, handler)
    }

    /// Sets what is done when a product was deleted.
    public func onProductDeleted(_ handler: @escaping Handler) {
        on(.product, .deleted, handler)
    }

    // MARK: Promotion

    /// Sets what is done when a promotion was created.
    public func onPromotionCreated(_ handler: @escaping Handler) {
        on(.promotion, .created, handler)
    }

    /// Sets what is done when a promotion was changed.
    public func onPromotionChanged(_ handler: @escaping Handler) {
        on(.promotion, .changed, handler)
    }

    /// Sets what is done when a promotion was deleted.
    public func onPromotionDeleted(_ handler: @escaping Handler) {
        on(.promotion, .deleted, handler)
    }

    // MARK: Order

    /// Sets what is done when an order was created.
    public func onOrderCreated(_ handler: @escaping Handler) {
        on(.order, .created, handler)
    }

    /// Sets what is done when an order was changed.
    public func onOrderChanged(_ handler: @escaping Handler) {
        on(.order, .changed, handler)
    }

    /// Sets what is done when an order was deleted.
    public func onOrderDeleted(_ handler: @escaping Handler) {
        on(.order, .deleted, handler)
    }

    // MARK: SaleOrder

    /// Sets what is done when a sale order was created.
    public func onSaleOrderCreated(_ handler: @escaping Handler) {
        on(.saleOrder, .created, handler)
    }

    /// Sets what is done when a sale order was changed.
    public func onSaleOrderChanged(_ handler: @escaping Handler) {
        on(.saleOrder, .changed, handler)
    }

    /// Sets what is done when a sale order was deleted.
    public func onSaleOrderDeleted(_ handler: @escaping Handler) {
        on(.saleOrder, .deleted, handler)
    }

    // MARK: BuyOrder

    /// Sets what is done when a buy order was created.
    public func onBuyOrderCreated(_ handler: @escaping Handler) {
        on(.buyOrder, .created, handler)
    }

    /// Sets what is done when a buy order was changed.
    public func onBuyOrderChanged(_ handler: @escaping Handler) {
        on(.buyOrder, .changed, handler)
    }

    /// Sets what is done when a buy order was deleted.
    public func onBuyOrderDeleted(_ handler: @escaping Handler) {
        on(.buyOrder, .deleted, handler)
    }
}
