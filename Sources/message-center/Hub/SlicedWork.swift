import MessageCenterClient
import Wire

/// Long work at the hub, asked for slice by slice, with a bar for whoever waits. The hub keeps
/// nothing of it: who ends this program has cancelled it.
struct SlicedWork {
    let hub: HubConnection
    let isQuiet: Bool

    /// Asks for one slice after the other.
    ///
    /// - Parameters:
    ///   - ask: sends the request for the slice that begins at a token; nil: for the first.
    ///   - take: gets each answer, and says a few words for the bar; nil: that was enough.
    func run(
        _ ask: (_ token: String?) throws -> HTTPAnswer,
        _ take: (HTTPAnswer, JSONValue) throws -> String?
    ) throws {
        var (token, bar): (String?, ProgressBar?) = (nil, nil)
        defer { bar?.finish() }
        repeat {
            let answer = try resending.send { try ask(token) }
            let content = try answer.json()
            guard let words = try take(answer, content) else { return }
            let progress = content["progress"]
            if bar == nil {
                bar = ProgressBar(total: progress?["of"]?.integer ?? 0, quiet: isQuiet)
            }
            token = content["nextPageToken"]?.text
            bar?.advance(to: progress?["looked"]?.integer ?? 0, note: words)
        } while token != nil
    }

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
