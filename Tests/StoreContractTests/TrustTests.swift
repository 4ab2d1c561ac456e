import Hub
import TestSupport
import Testing

/// How far a start believes what warehouses say, whatever the store.
@Suite("Trust after a start")
struct TrustTests {
    @Test(
        "What was handed out before a start is believed up to its head, or that of a backup",
        arguments: StoreKind.allCases)
    func trust(kind: StoreKind) throws {
        let place = Place(kind)
        var open = try place.open()
        try open.append([0, 0, 0], head: 0)
        var warehouses = (1...4).map { Warehouse(wid: $0) }
        for number in 0..<3 { warehouses[number].hasStarted = true }
        warehouses[1].restoredThrough = 2
        warehouses[2].wasSought = true
        try open.transaction { (store) throws(StoreFailure) in
            for warehouse in warehouses { try store.save(warehouse, wall: 0) }
        }
        for _ in 0..<2 {
            let again = try place.open().state.warehouses
            #expect(again.map(\.trustedThrough) == [3, 2, 0, 0])
            #expect(again.map(\.restoredThrough) == [0, 2, 0, 0])
            #expect(again.map(\.wasSought) == [false, false, true, false])
        }
    }
}
