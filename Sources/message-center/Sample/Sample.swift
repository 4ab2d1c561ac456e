/// A day of a made-up shop with eight warehouses: something to look at in an empty hub, and
/// input for tests. The same events every time; everything in it is invented.
///
/// Products and promotions are global (wid 0), orders go to one warehouse. Prices are corrected
/// several times in a row and orders change while they are filled, which is what coalescing is
/// for; some orders are cancelled.
struct Sample {
    static let warehouses = 1...8

    /// The events as lines of a file that `publish --file` takes.
    static func lines() -> [String] {
        var sample = Sample()
        sample.offerProducts()
        sample.promote()
        for hour in 0..<10 {
            sample.takeOrders(18 + hour % 3)
            sample.correctPrices(of: 2)
        }
        sample.endPromotions()
        return sample.events
    }

    private var events: [String] = []
    private var random = SampleRandom(seed: 20_261_120)
    /// Seconds since 08:00 of the sample's day.
    private var clock = 0
    private var orders = 0
    private var prices = SampleGoods.products.map(\.cents)

    private mutating func add(_ topic: String, wid: Int, key: String, body: JSONObject) {
        clock += random.below(90)
        var event = JSONObject()
        event.add("topic", topic)
        event.add("wid", wid)
        event.add("key", key)
        event.add("body", json: body.text)
        event.add("occurred", Self.time(clock))
        events.append(event.text)
    }

    private mutating func offerProducts() {
        for product in SampleGoods.products.indices { addProduct(product, "Product_Created") }
    }

    private mutating func addProduct(_ product: Int, _ topic: String) {
        var body = JSONObject()
        body.add("ProductId", Self.productID(product))
        body.add("Name", SampleGoods.products[product].name)
        body.add("Price", json: Self.money(prices[product]))
        add(topic, wid: 0, key: "product:\(Self.productID(product))", body: body)
    }

    /// Somebody types a price, looks at the page, and types again: up to four changes in a row.
    private mutating func correctPrices(of count: Int) {
        for _ in 0..<count {
            let product = random.below(prices.count)
            for _ in 0...random.below(4) {
                prices[product] = max(95, prices[product] + (random.below(9) - 4) * 25)
                addProduct(product, "Product_Changed")
            }
        }
    }

    private mutating func promote() {
        for (number, title) in SampleGoods.promotions.enumerated() {
            var body = JSONObject()
            body.add("PromotionId", "P\(number + 1)")
            body.add("Title", title)
            body.add("Percent", 5 * (number + 1))
            add("Promotion_Created", wid: 0, key: "promotion:P\(number + 1)", body: body)
        }
    }

    private mutating func endPromotions() {
        for number in SampleGoods.promotions.indices {
            var body = JSONObject()
            body.add("PromotionId", "P\(number + 1)")
            add("Promotion_Deleted", wid: 0, key: "promotion:P\(number + 1)", body: body)
        }
    }

    private mutating func takeOrders(_ count: Int) {
        for _ in 0..<count {
            orders += 1
            let order = SampleOrder(
                id: "2026\(10_000 + orders)", wid: 1 + random.below(Self.warehouses.count),
                customer: SampleGoods.customers[random.below(SampleGoods.customers.count)])
            fill(order)
        }
    }

    /// Created with one line, changed as lines come in, and now and then cancelled.
    private mutating func fill(_ order: SampleOrder) {
        var order = order
        for number in 0...random.below(3) {
            let product = random.below(prices.count)
            order.add(product: Self.productID(product), quantity: 1 + random.below(12))
            order.cents += prices[product]
            let topic = number == 0 ? "SaleOrder_Created" : "SaleOrder_Changed"
            add(topic, wid: order.wid, key: order.key, body: order.body)
        }
        guard random.below(12) == 0 else { return }
        add("SaleOrder_Deleted", wid: order.wid, key: order.key, body: order.cancellation)
    }

    private static func productID(_ number: Int) -> String { "A\(101 + number)" }

    static func money(_ cents: Int) -> String {
        "\(cents / 100).\(cents % 100 < 10 ? "0" : "")\(cents % 100)"
    }

    private static func time(_ seconds: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = 20 + seconds / 57_600
        let time = 28_800 + seconds % 57_600
        return "2026-11-\(day)T\(two(time / 3_600)):\(two(time / 60 % 60)):\(two(time % 60))Z"
    }
}

/// An order as it fills up.
private struct SampleOrder {
    let id: String
    let wid: Int
    let customer: String
    var cents = 0
    private var lines: [String] = []

    init(id: String, wid: Int, customer: String) {
        self.id = id
        self.wid = wid
        self.customer = customer
    }

    var key: String { "order:\(id)" }

    mutating func add(product: String, quantity: Int) {
        var line = JSONObject()
        line.add("ProductId", product)
        line.add("Quantity", quantity)
        lines.append(line.text)
    }

    var body: JSONObject {
        var body = JSONObject()
        body.add("OrderId", id)
        body.add("Customer", customer)
        body.add("Lines", json: "[" + lines.joined(separator: ",") + "]")
        body.add("Total", json: Sample.money(cents))
        return body
    }

    var cancellation: JSONObject {
        var body = JSONObject()
        body.add("OrderId", id)
        body.add("Reason", "cancelled")
        return body
    }
}

/// Numbers that look random and are the same every time (SplitMix64).
private struct SampleRandom {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// A number from 0 up to, not including, `bound`.
    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ mixed >> 31) % UInt64(bound))
    }
}
