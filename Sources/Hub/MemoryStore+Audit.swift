extension MemoryStore {
    package mutating func save(_ deed: Deed, at: Int64) throws(StoreFailure) {
        try pass(.saveDeed)
        let number = (open!.audit.last?.number ?? 0) + 1
        open!.audit.append(AuditEntry(number: number, at: at, deed: deed))
        open!.audit.removeFirst(max(0, open!.audit.count - Int(auditEntries)))
    }

    package mutating func save(carriedMark mark: Int64) throws(StoreFailure) {
        try pass(.saveDeed)
        open!.carriedMark = mark
    }
}

extension MemoryReader {
    package func carriedMark() -> Int64 { contents.carriedMark }

    package func audit(
        before number: Int64, limit: Int
    ) throws(StoreFailure) -> [AuditEntry] {
        Array(contents.audit.reversed().drop { $0.number >= number }.prefix(limit))
    }
}
