import MessageCenterClient
import Platform
import Wire

/// Long work at the hub, asked for slice by slice, with a bar for whoever waits. The hub keeps
/// nothing of it: who ends this program has cancelled it. Ctrl-C ends the work between two slices.
struct SlicedWork {
    let hub: HubConnection
    let isQuiet: Bool

    /// Asks for one slice after the other.
    ///
    /// - Parameters:
    ///   - ask: sends the request for the slice that begins at a token; nil: for the first.
    ///   - take: gets each answer, and says a few words for the bar; nil: that was enough.
    /// - Returns: whether all was asked for; false: Ctrl-C was pressed.
    func run(
        _ ask: (_ token: String?) throws -> HTTPAnswer,
        _ take: (HTTPAnswer, JSONValue) throws -> String?
    ) throws -> Bool {
        Interrupt.watch()
        var (token, bar): (String?, ProgressBar?) = (nil, nil)
        defer { bar?.finish() }
        repeat {
            guard let answer = try send({ try ask(token) }) else { return false }
            let content = try answer.json()
            guard let words = try take(answer, content) else { return true }
            let progress = content["progress"]
            if bar == nil {
                bar = ProgressBar(total: progress?["of"]?.integer ?? 0, quiet: isQuiet)
            }
            token = content["nextPageToken"]?.text
            bar?.advance(to: progress?["looked"]?.integer ?? 0, note: words)
        } while token != nil
        return true
    }

    /// Nil: Ctrl-C was pressed before it was sent.
    private func send(_ request: () throws -> HTTPAnswer) throws -> HTTPAnswer? {
        do {
            return try resending.send {
                if Interrupt.isNoted { throw Cancelled() }
                return try request()
            }
        } catch is Cancelled {
            return nil
        }
    }

    private struct Cancelled: Error {}

    /// Every slice may be asked for again: it changes nothing, or bears an id.
    private var resending: Resending {
        Resending(tries: 5) { why, pause in
            if !isQuiet {
                Console.note("\(why); trying again in \(span(seconds: pause.inSeconds))")
            }
        }
    }
}

/// Stretches of the archive that the hub could not read.
struct UnreadableStretches {
    private(set) var all: [JSONValue] = []

    mutating func note(_ answer: JSONValue) {
        all += answer["unreadable"]?.elements ?? []
    }

    /// Tells of them; the exit status of work that is whole, or not.
    func report() -> ExitStatus {
        for stretch in all {
            let (first, last) = (stretch["first"]?.cell ?? "?", stretch["last"]?.cell ?? "?")
            Console.note(
                fit(
                    "messages \(first) to \(last) could not be read: "
                        + (stretch["detail"]?.cell ?? "")))
        }
        return all.isEmpty ? .done : .failed
    }
}
