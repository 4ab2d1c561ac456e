import Hub
import TestSupport
import Testing

/// What every store does with the audit.
@Suite("Every store keeps the audit") struct AuditContractTests {
    private func deed(_ number: Int) -> Deed {
        let actions = Deed.Action.allCases
        return Deed(
            actions[number % actions.count],
            by: .init(
                name: "анна \(number)", role: "admin", address: "::1", requestID: "r\(number)"),
            wid: number.isMultiple(of: 2) ? nil : UInt32(number), detail: "{\"n\":\(number)}")
    }

    @Test(
        "Every field comes back, newest first, in pages; what is rolled back was never there",
        arguments: StoreKind.allCases)
    func fields(kind: StoreKind) throws {
        var open = try Place(kind).open()
        for number in 1...20 {
            try open.transaction { (store) throws(StoreFailure) in
                try store.save(deed(number), at: Int64(number * 10))
            }
            try open.store.begin()
            try open.store.save(deed(99), at: 1)
            try open.store.save(carriedMark: 99)
            open.store.rollBack()
            #expect(try open.reader.carriedMark() == 0)
        }
        let expected = (1...20).reversed().map {
            AuditEntry(number: Int64($0), at: Int64($0 * 10), deed: deed($0))
        }
        try open.transaction { (store) throws(StoreFailure) in
            try store.save(carriedMark: .max)
        }
        #expect(try open.reader.carriedMark() == .max)
        #expect(try open.reader.audit(before: .max, limit: 100) == expected)
        #expect(try open.reader.audit(before: 11, limit: 4) == Array(expected[10..<14]))
        #expect(try open.reader.audit(before: 1, limit: 4) == [])
    }

    @Test("The oldest go, and their numbers with them", arguments: StoreKind.allCases)
    func bound(kind: StoreKind) throws {
        var open = try Place(kind).open()
        open.store.auditEntries = 5
        for number in 1...12 {
            try open.transaction { (store) throws(StoreFailure) in
                try store.save(deed(number), at: Int64(number))
            }
            let kept = try open.reader.audit(before: .max, limit: 100).map(\.number)
            #expect(kept == (max(1, number - 4)...number).reversed().map { Int64($0) })
        }
    }
}
