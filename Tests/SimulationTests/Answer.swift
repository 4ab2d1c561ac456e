import Hub

extension Refusal {
    /// The contract's word for it.
    var code: String { String("\(self)".prefix { $0 != "(" }) }
}

/// What a client gets.
enum Answer {
    case page(Page)
    case done
    case refused(Refusal)
    /// 410: something of the line behind `from` was pruned.
    case gone(from: Int64, oldest: Int64)
    /// 503 or 507: nothing was changed.
    case failed

    init(_ outcome: WriteBatch.ChangeOutcome) {
        self =
            switch outcome {
            case .done: .done
            case .refused(let refusal): .refused(refusal)
            case .failed, .pending: .failed
            }
    }
}
