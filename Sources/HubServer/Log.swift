package import Platform
import Wire

/// What the hub tells its operator: one line a fact, on standard error.
///
/// Text for people, JSON lines for collectors. A line is written by one call, so that those of
/// several threads never mix. Nothing is logged for a request that went well, unless at `debug`.
package struct Log: Sendable {
    package enum Level: String, CaseIterable, Comparable, Sendable {
        case debug, info, warning, error

        private var rank: Int { Level.allCases.firstIndex(of: self)! }

        package static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }
    }

    package enum Format: String, CaseIterable, Sendable {
        case text, json
    }

    let level: Level
    let format: Format
    private let clock: WallClock

    package init(level: Level, format: Format, clock: WallClock) {
        self.level = level
        self.format = format
        self.clock = clock
    }

    func debug(_ text: @autoclosure () -> String, request: String? = nil) {
        write(.debug, text, request)
    }

    package func info(_ text: @autoclosure () -> String, request: String? = nil) {
        write(.info, text, request)
    }

    package func warning(_ text: @autoclosure () -> String, request: String? = nil) {
        write(.warning, text, request)
    }

    package func error(_ text: @autoclosure () -> String, request: String? = nil) {
        write(.error, text, request)
    }

    private func write(_ level: Level, _ text: () -> String, _ request: String?) {
        guard level >= self.level else { return }
        var line = ByteBuffer(capacity: 256)
        switch format {
        case .text:
            line.append(timestampMilliseconds: clock.nowMilliseconds())
            line.append(" \(level.rawValue) ")
            line.append(Self.oneLine(text()))
            if let request { line.append(" request=\(request)") }
        case .json:
            line.append("{\"time\":\"")
            line.append(timestampMilliseconds: clock.nowMilliseconds())
            line.append("\",\"level\":\"\(level.rawValue)\",\"message\":")
            line.appendJSON(text: text())
            if let request {
                line.append(",\"request\":")
                line.appendJSON(text: request)
            }
            line.append("}")
        }
        line.append("\n")
        line.withUnsafeBytes { StandardError.write($0) }
    }

    /// Text whose control characters cannot begin another line or colour a terminal.
    private static func oneLine(_ text: String) -> String {
        String(text.unicodeScalars.map { isControl($0.value) ? " " : Character($0) })
    }

    /// The control characters of ASCII and of Latin-1, and Unicode's own ends of lines.
    private static func isControl(_ scalar: UInt32) -> Bool {
        scalar < 0x20 || (0x7F..<0xA0).contains(scalar) || scalar == 0x2028 || scalar == 0x2029
    }
}
