import SQLite
import Wire

/// One kind of rows that a new warehouse is filled with: pages of an interface, into a table.
package struct BootstrapStep: Sendable {
    let source: Int
    /// Path and query of the first page.
    let path: String
    let headers: [HeaderField]
    /// Where in a page the rows are.
    let rows: JSONPointer
    /// Where in a page the cursor of the next one is.
    let next: JSONPointer
    /// Where in a page it stands whether there is a next one; nil: where there is a cursor.
    let more: JSONPointer?
    /// The parameter that takes the cursor.
    let parameter: String
    let target: TableTarget

    /// nil and noted where it cannot be carried out as it is declared.
    init?(_ declared: Declaration, _ sources: Sources, _ database: Connection) {
        declared.allow("url", "headers", "rows", "next", "more", "parameter", "upsert")
        guard let place = declared.required("url"), let url = place.template() else { return nil }
        if url.hasGaps { place.note("has a gap, and there is no message to fill it") }
        guard let (source, path) = sources.resolve(url, place) else { return nil }
        self.source = source
        self.path = path.text
        headers = declared["headers"].map { HeaderField.all($0, in: sources.folder) } ?? []
        rows = declared["rows"].flatMap { $0.pointerValue() } ?? JSONPointer(member: "rows")
        next = declared["next"].flatMap { $0.pointerValue() } ?? JSONPointer(member: "next")
        more = declared["more"].flatMap { $0.pointerValue() }
        parameter = declared["parameter"].flatMap { $0.text() } ?? "after"
        guard let upsert = declared.required("upsert"),
            let target = TableTarget(upsert, isDelete: false, database)
        else { return nil }
        self.target = target
        for cell in target.key + target.columns {
            guard case .message = cell.source.origin else { continue }
            upsert.note("takes \(cell.column) from a message, and there is none")
        }
    }
}
