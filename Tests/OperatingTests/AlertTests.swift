import Foundation
import TestSupport
import Testing

@Suite("The alerts")
struct AlertTests {
    private func promtool(_ words: String...) throws -> ProgramExit {
        try ProgramExit(command: [Tool.path("promtool")] + words)
    }

    @Test("The rules are rules")
    func rules() throws {
        let check = try promtool("check", "rules", Example.path("prometheus-rules.yml"))
        #expect(check.status == 0, "\(check.output)\(check.errors)")
        let configuration = try promtool(
            "check", "config", "--syntax-only", Example.path("prometheus.yml"))
        #expect(configuration.status == 0, "\(configuration.output)\(configuration.errors)")
    }

    @Test("Each fires when it should, and not when it should not")
    func fires() throws {
        let test = try promtool("test", "rules", Example.path("prometheus-rules-test.yml"))
        #expect(test.status == 0, "\(test.output)\(test.errors)")
    }

    @Test("Each is tested, told on the page for operators, and of a metric that there is")
    func complete() throws {
        let rules = try Example.text("prometheus-rules.yml")
        let names = rules.matches(of: /- alert: (\w+)/).map { String($0.1) }
        #expect(names.count >= 15)
        #expect(Set(names).count == names.count)
        let tests = try Example.text("prometheus-rules-test.yml")
        let page = try String(
            contentsOf: Example.repository.appending(path: "docs/operating.md"), encoding: .utf8)
        let told = page.matches(of: /(?m)^\| `([A-Z]\w+)` \| (?:page|ticket) \|/).map {
            String($0.1)
        }
        #expect(Set(told) == Set(names))
        for name in names {
            let silent = "alertname: \(name), exp_alerts: []"
            let (staysSilent, fires) = (
                tests.contains(silent), tests.contains("alertname: \(name)\n")
            )
            #expect(staysSilent, "no test that \(name) stays silent")
            #expect(fires, "no test that \(name) fires")
            let rule = try #require(rules.split(separator: "- alert: \(name)\n").last)
            let severity = rule.firstMatch(of: /severity: (\w+)/)?.1 ?? ""
            let isTold = page.contains("| `\(name)` | \(severity) |")
            #expect(isTold, "\(name) is told with another severity")
            let own = rule.components(separatedBy: "- alert: ")[0]
            for annotation in [/summary: ".*\$labels\.instance/, /description: "[^{]+\."/] {
                #expect(own.contains(annotation), "\(name) does not tell its hub or the next step")
            }
        }

        let hub = try RunningHub()
        let metrics = try hub.client().get("/metrics").text
        let known = Set(metrics.matches(of: /(?m)^# TYPE (\S+)/).map { String($0.1) })
            // Of a hub that speaks TLS; the page is held to that too.
            .union(page.matches(of: /(?m)^\| `(message_center_tls_\w+)` \|/).map { String($0.1) })
        let used = rules.matches(of: /\b((?:message_center|process)_\w+)/).map { String($0.1) }
        #expect(used.count > 15)
        for name in used { #expect(known.contains(name), "\(name)") }

        // Where the page says that a metric is to alarm somebody, a rule does so.
        let alarms = page.matches(of: /(?m)^\| `(\w+)` \| .*\balarm\b/).map { String($0.1) }
        #expect(alarms.count > 8)
        for name in alarms { #expect(used.contains(name), "no alert on \(name)") }
    }

    @Test("What a hub tells of itself is as Prometheus would have it")
    func metrics() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        try client.publish(wid: 3)
        try client.pull(3)
        let folder = try TemporaryFolder()
        let path = folder.path + "/metrics"
        try client.get("/metrics").text.write(toFile: path, atomically: true, encoding: .utf8)
        let check = try ProgramExit(command: [
            "/bin/sh", "-c", "\(Tool.path("promtool")) check metrics < \(path)",
        ])
        #expect(check.status == 0, "\(check.output)\(check.errors)")
    }
}
