/// The options that say which messages a search, an export or a replay is about.
enum ArchiveOptions {
    static let topic = Option(
        optional: "topic", .text("PATTERN"), "only this topic; * stands for any characters")
    static let wid = Option(
        optional: "wid", .integer(0...warehouseNumbers.upperBound),
        "only messages of this wid; 0: those that are every warehouse's")
    static let key = Option(optional: "key", .text("KEY"), "only this key, such as order:10001")
    static let text = Option(
        optional: "text", .text("TEXT"), "only bodies with this in their JSON; case counts")
    static let from = Option(
        optional: "from", .text("TIME"), "created then or later, such as 2026-11-20T08:00:00Z")
    static let to = Option(optional: "to", .text("TIME"), "created before this time")

    /// Of a search and an export.
    static let filter: [any OptionRow] = [topic, wid, key, text, from, to]
}
