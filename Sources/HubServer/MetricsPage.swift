import Hub
import Platform
import TLS
import Wire

/// `/metrics` in Prometheus' text format
/// (https://prometheus.io/docs/instrumenting/exposition_formats/).
struct MetricsPage {
    let hub: HubState

    /// Warehouses whose lag is told one by one; beyond that only their sum would be of use.
    private static let warehousesTold = 10_000

    func append(to output: inout ByteBuffer) {
        for counter in Metrics.Counter.allCases {
            append(
                counter.name, counter.help, "counter", Double(hub.metrics.total(counter)),
                to: &output)
        }
        for metric in hub.metrics.writer {
            append(metric.name, metric.help, metric.kind, metric.value, to: &output)
        }
        for figure in hub.metrics.archive.all {
            append(figure.name, figure.help, figure.kind, Double(figure.value), to: &output)
        }
        let open = hub.metrics.total(.connectionsOpened) - hub.metrics.total(.connectionsClosed)
        let waiting = hub.metrics.total(.waitsBegun) - hub.metrics.total(.waitsEnded)
        let letters = hub.warehouses.letters
        let gauges: [(StaticString, StaticString, Double)] = [
            ("message_center_connections", "Connections now.", Double(open)),
            ("message_center_waiting_pulls", "Pulls waiting for messages now.", Double(waiting)),
            (
                "message_center_connections_limit", "Connections that are taken at most.",
                Double(hub.configuration.connections)
            ),
            (
                "message_center_addresses", "Addresses whose requests are counted now.",
                Double(hub.callers.count)
            ),
            (
                "message_center_event_subscribers", "Connections that follow the events now.",
                Double(hub.followers.count)
            ),
            (
                "message_center_request_bytes_held", "Memory of requests not yet taken up.",
                Double(hub.metrics.requestBytes)
            ),
            (
                "message_center_answer_bytes_held", "Memory of answers not yet taken by clients.",
                Double(hub.metrics.answerBytes)
            ),
            ("message_center_head", "Index of the newest message.", Double(hub.lines.head)),
            (
                "message_center_border", "Index of the newest message in the archive.",
                Double(hub.lines.border)
            ),
            (
                "message_center_archive_messages", "Messages in the archive.",
                Double(hub.lines.border - hub.lines.pruned)
            ),
            (
                "message_center_warehouses", "Warehouses known.", Double(hub.warehouses.count)
            ),
            (
                "message_center_dead_letters", "Messages that failed all their tries.",
                Double(letters.dead)
            ),
            (
                "message_center_parked_messages", "Messages held back behind dead ones.",
                Double(letters.parked)
            ),
            (
                "message_center_dead_letter_orders", "Retries and drops not yet carried out.",
                Double(letters.orders)
            ),
            (
                "message_center_ready", "1 while the hub is ready.",
                hub.condition.reasonNotReady == nil ? 1 : 0
            ),
            (
                "process_resident_memory_bytes", "Memory in use.",
                Double(ProcessMemory.resident())
            ),
            (
                "process_start_time_seconds", "When the hub started, in seconds since 1970.",
                Double(hub.startedAt) / 1000
            ),
            (
                "message_center_uptime_seconds", "Seconds since the start.",
                Double((MonotonicClock.now() - hub.started) / 1_000_000_000)
            ),
        ]
        if let certificate = hub.tls?.value.certificate {
            append(
                "message_center_tls_certificate_expiry_timestamp_seconds",
                "When the certificate expires, in seconds since 1970.", "gauge",
                Double(certificate.ends), to: &output)
        }
        for (name, help, value) in gauges { append(name, help, "gauge", value, to: &output) }
        appendFleet(to: &output)
        let warehouses = hub.warehouses.list(after: nil, limit: Self.warehousesTold).filter {
            !$0.isRetired
        }
        appendLags(warehouses, to: &output)
        appendCommitted(warehouses, to: &output)
        appendLetters(warehouses, to: &output)
    }

    private func append(
        _ name: StaticString, _ help: StaticString, _ kind: StaticString, _ value: Double,
        to output: inout ByteBuffer
    ) {
        output.append("# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n\(name) ")
        if value == value.rounded(), abs(value) < 1e15 {
            output.append(decimal: Int64(value))
        } else {
            output.append("\(value)")
        }
        output.append("\n")
    }

    /// As the pulse has seen all of them last, some seconds ago.
    private func appendFleet(to output: inout ByteBuffer) {
        let fleet = hub.fleet.withLock { $0 }
        append(
            "message_center_lag_seconds",
            "Age of the oldest message that a warehouse at work lacks.",
            "gauge", Double(fleet?.lagSecondsAtWork ?? 0), to: &output)
        let name = "message_center_warehouses_in_state"
        output.append("# HELP \(name) Warehouses by their state.\n# TYPE \(name) gauge\n")
        for state in WarehouseSight.states {
            output.append("\(name){state=\"\(state)\"} \(fleet?.states[state] ?? 0)\n")
        }
    }

    private func appendLags(_ warehouses: [Warehouse], to output: inout ByteBuffer) {
        let name = "message_center_warehouse_lag_messages"
        output.append("# HELP \(name) Messages not yet committed by a warehouse.\n")
        output.append("# TYPE \(name) gauge\n")
        for warehouse in warehouses {
            let line = hub.lines.line(of: warehouse.wid)
            let lag = line.count - line.ordinal(through: warehouse.committed)
            output.append("\(name){wid=\"\(warehouse.wid)\"} \(lag)\n")
        }
    }

    /// Of those at work alone, so that an alert on it leaves out whom nobody waits for.
    private func appendCommitted(_ warehouses: [Warehouse], to output: inout ByteBuffer) {
        let name = "message_center_warehouse_committed"
        output.append("# HELP \(name) Index through which a warehouse at work has committed.\n")
        output.append("# TYPE \(name) gauge\n")
        for warehouse in warehouses where warehouse.isAtWork {
            output.append("\(name){wid=\"\(warehouse.wid)\"} \(warehouse.committed)\n")
        }
    }

    private func appendLetters(_ warehouses: [Warehouse], to output: inout ByteBuffer) {
        let name = "message_center_warehouse_dead_letters"
        output.append("# HELP \(name) Dead letters of a warehouse that has some.\n")
        output.append("# TYPE \(name) gauge\n")
        for warehouse in warehouses {
            guard let letters = warehouse.letters, letters.dead > 0 else { continue }
            output.append("\(name){wid=\"\(warehouse.wid)\"} \(letters.dead)\n")
        }
    }
}
