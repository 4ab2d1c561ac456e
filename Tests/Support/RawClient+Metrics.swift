import Foundation

extension RawClient {
    /// The value of a metric without labels; nil if there is none of that name.
    package func metric(_ name: String) throws -> Double? {
        let page = try get("/metrics").text
        for line in page.split(separator: "\n") where line.hasPrefix(name + " ") {
            return Double(line.dropFirst(name.count + 1))
        }
        return nil
    }

    /// Waits until so many pulls wait at the hub.
    package func expectWaiting(_ count: Int) throws -> Bool {
        try eventually { try metric("message_center_waiting_pulls") == Double(count) }
    }

    /// Begins a pull; its answer is read later.
    package func beginPull(_ wid: Int, _ body: String) throws {
        try begin("POST", "/v1/warehouses/\(wid)/pull", body)
    }
}
