/// By the disk: each message is in the spool, synced, before it is sent.
struct SpoolRoute: PublishRoute {
    private let backlog: SpoolBacklog
    private let worker: LaneWorker<SpoolBacklog>
    private let pacing: Pacing

    init(
        _ spool: SpoolSettings, sender: HTTPSender, settings: PublishSettings, pacing: Pacing
    ) throws(PublisherFailure) {
        do throws(Refusal) {
            backlog = try SpoolBacklog(spool, settings, pacing)
        } catch {
            throw PublisherFailure(description: error.text)
        }
        worker = LaneWorker(
            Lane(source: backlog, sender: sender, settings: settings, pacing: pacing))
        self.pacing = pacing
        // What an earlier process left.
        worker.wake()
    }

    func publish(_ message: OutgoingMessage) async -> PublishResult {
        await withCheckedContinuation { call in
            backlog.append(message, call) { worker.wake() }
        }
    }

    func drain(within time: Duration) async -> Bool {
        await pacing.wait(atMost: time) { await backlog.isEmpty() }
    }

    func close() async {
        await worker.close()
        await backlog.close()
    }

    func abandon() {
        worker.cancel()
        backlog.abandon()
    }
}
