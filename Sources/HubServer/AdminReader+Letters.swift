import Hub
import Platform
import Wire

/// Dead letters: listed, shown, and found for an order by filter.
extension AdminReader {
    func write(_ ask: LetterAsk, _ rest: inout Rest) throws(Problem) {
        switch ask {
        case .list(let filter, let after, let limit):
            try writeLetters(filter, after: after, limit: limit)
        case .one(let number, let principal): try writeLetter(number, principal)
        case .order(let order):
            let found = try find(order)
            guard !order.isDry, !found.letters.isEmpty else {
                return found.append(nil, to: &output)
            }
            rest = .orders(found)
        }
    }

    /// `GET /v1/dead-letters/{n}`
    private func writeLetter(_ number: Int64, _ principal: Principal) throws(Problem) {
        do throws(StoreFailure) {
            if let letter = try pages.reader.letter(number),
                principal.mayReadLetters(of: letter.wid)
            {
                return try append(letter)
            }
        } catch {
            throw unreadable(error)
        }
        throw Problem(.unknownLetter, wid: 0, wall: 0)
    }

    private func append(_ letter: DeadLetter) throws(StoreFailure) {
        let body = try pages.reader.body(ofLetter: letter.number)
        LetterSight(letter: letter).append(to: &output, body: body)
    }

    // MARK: Slices

    /// `GET /v1/dead-letters`
    private func writeLetters(
        _ filter: LetterFilter, after: Int64, limit: Int
    ) throws(Problem) {
        output.append("{\"deadLetters\":[")
        let start = output.count
        var count = 0
        let next = try look(filter, after: after) { (letter) throws(StoreFailure) in
            let mark = output.count
            if count > 0 { output.append(",") }
            try append(letter)
            guard count == 0 || output.count - start <= Limits.pullBytesDefault else {
                output.truncate(to: mark)
                return .full
            }
            count += 1
            return count == limit ? .last : .goOn
        }
        output.append("],\"nextPageToken\":")
        output.append(next.map { "\"\($0)\"}" } ?? "null}")
    }

    private func find(_ order: LetterOrder) throws(Problem) -> FoundLetters {
        var found = FoundLetters(action: order.action)
        found.next = try look(order.filter, after: order.after) { letter in
            found.letters.append(letter)
            return found.letters.count == Limits.lettersOrdered ? .last : .goOn
        }
        return found
    }

    /// Shows the letters that fit, by rising number, for a slice's time.
    ///
    /// - Returns: where the next slice begins; nil: this was the last.
    private func look(
        _ filter: LetterFilter, after: Int64,
        _ visit: (DeadLetter) throws(StoreFailure) -> MessageScan.Taking
    ) throws(Problem) -> Int64? {
        let deadline = MonotonicClock.now() + Self.sliceNanoseconds
        var last = after
        do throws(StoreFailure) {
            while true {
                let letters = try pages.reader.letters(
                    after: last, wid: filter.wid, limit: Limits.lettersRead)
                for letter in letters {
                    guard filter.fits(letter) else {
                        last = letter.number
                        continue
                    }
                    switch try visit(letter) {
                    case .full: return last
                    case .last: return letter.number
                    case .goOn: last = letter.number
                    }
                }
                if letters.count < Limits.lettersRead { return nil }
                if MonotonicClock.now() >= deadline { return last }
            }
        } catch {
            throw unreadable(error)
        }
    }
}
