import Hub
import TestSupport

/// What holds when nothing is under way.
extension SimulatedHub {
    var hasWork: Bool {
        writerHasWork || !deskMail.isEmpty || archiver.hasWork || loops.contains { $0.hasWork }
    }

    /// Nothing is under way: no pull may wait for what is there.
    func checkAtRest() {
        checkPlaces()
        for loop in loops {
            for (call, pull) in loop.pulls {
                trace.check(pull.phase == .waiting, "call \(call) is \(pull.phase), forgotten")
                if !world.kinds.lostWakeUps { checkWaiter(pull) }
            }
        }
        for (wid, row) in table {
            let open = loops.flatMap(\.pulls.values).count {
                $0.call.request.wid == wid && $0.call.request.session != nil
            }
            trace.check(row.openCalls <= open, "wid \(wid): \(row.openCalls) calls, \(open) open")
            guard row.trustedThrough == 0 else { continue }
            let due = world.model[wid].delivered
            trace.check(row.delivered == due, "wid \(wid): delivered \(row.delivered), due \(due)")
        }
    }

    private func checkWaiter(_ pull: Pull) {
        let request = pull.call.request
        guard let row = table[request.wid] else { return }
        let from = request.after ?? row.committed
        let news = world.model.line(request.wid, from: from, next: lines.head).filter { message in
            request.topics.isEmpty
                || request.topics.contains { $0.matches(topics[Int(message.topic)]) }
        }
        trace.check(
            news.isEmpty,
            "a pull of wid \(request.wid) waits behind \(from), \(news.first?.index ?? 0) is there")
        trace.check(!row.isPaused, "a pull of the paused wid \(request.wid) waits")
        trace.check(
            request.session == nil || request.session == row.holder,
            "a pull of wid \(request.wid) waits, its session is fenced")
    }
}
