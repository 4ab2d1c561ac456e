import SQLite
import Wire

/// What is done with the messages of some topics.
package struct Rule: Sendable {
    let topics: [TopicGlob]
    /// Where the row comes from; nil: the message's body is the row.
    let fetch: Fetch?
    let action: Action

    enum Action: Sendable {
        case upsert(TableTarget)
        case delete(TableTarget)
        /// These topics are known, and concern nothing here.
        case ignore
    }

    func takes(_ topic: String) -> Bool { topics.contains { $0.matches(topic) } }
}

/// A request for the details of what a message is about.
struct Fetch: Sendable {
    /// What a 404 or 410, or nothing at `select`, means.
    enum NotFound: String, Sendable {
        /// It is gone meanwhile: its row goes too.
        case delete
        /// That should not be: the message has failed.
        case fail
        /// Nothing is done.
        case ignore
    }

    /// Which of the configuration's sources it goes to.
    let source: Int
    /// Path and query, with gaps.
    let path: Template
    let headers: [HeaderField]
    /// Where in the answer the row is.
    let select: JSONPointer
    let notFound: NotFound
    /// How the rows of many messages are asked for at once, where the interface can do that.
    var byIDs: FetchByIDs?
}

/// One request for the rows of several messages of a batch.
struct FetchByIDs: Sendable {
    /// Which of the configuration's sources it goes to.
    let source: Int
    /// Path and query, with the gap `{ids}`.
    let path: Template
    /// What a message's row is called by.
    let id: Template
    /// Where in the answer the rows are.
    let rows: JSONPointer
    /// Where in a row that is told, which tells whose row it is.
    let key: JSONPointer
    /// Ids of one request at most.
    let limit: Int

    static let limits = 1...1000
    /// Bytes of path and query at most: what any server takes.
    static let longestPath = 4000
}

/// A field of a request, its value perhaps out of the environment or a file.
struct HeaderField: Equatable, Sendable {
    let name: String
    let value: String
}

/// A pattern over topics: `*` stands for any run of characters, all else for itself.
struct TopicGlob: Equatable, Sendable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    /// Whether the whole of `topic` fits. Case counts.
    ///
    /// What stands between two stars is best taken where it first appears.
    func matches(_ topic: String) -> Bool {
        let parts = text.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return text == topic }
        let (first, last) = (parts[0], parts[parts.count - 1])
        guard topic.utf8.count >= first.utf8.count + last.utf8.count, topic.hasPrefix(first),
            topic.hasSuffix(last)
        else { return false }
        var rest = topic.dropFirst(first.count).dropLast(last.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }
}

// MARK: - Reading

extension Rule {
    /// nil and noted where the rule cannot be carried out as it is declared.
    init?(_ declared: Declaration, _ sources: Sources, _ database: Connection) {
        declared.allow("topics", "fetch", "upsert", "delete", "ignore")
        topics = declared.required("topics").map(Self.topics) ?? []
        fetch = declared["fetch"].flatMap { Fetch($0, sources) }
        guard let action = Self.action(declared, database) else { return nil }
        self.action = action
        Self.check(declared, fetch, action)
    }

    private static func topics(_ declared: Declaration) -> [TopicGlob] {
        (declared.elements() ?? []).compactMap { element in
            guard let text = element.text() else { return nil }
            let isGood = text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
                    UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "*"):
                    true
                default: false
                }
            }
            if !isGood { element.note("is no topic: it has letters besides A-Z a-z 0-9 _ . - *") }
            return TopicGlob(text)
        }
    }

    private static func action(_ declared: Declaration, _ database: Connection) -> Action? {
        let given = ["upsert", "delete", "ignore"].filter { declared[$0] != nil }
        guard given.count == 1 else {
            declared.note("must have one of upsert, delete and ignore")
            return nil
        }
        if let upsert = declared["upsert"] {
            return TableTarget(upsert, isDelete: false, database).map(Action.upsert)
        }
        if let delete = declared["delete"] {
            return TableTarget(delete, isDelete: true, database).map(Action.delete)
        }
        if declared["ignore"]?.value != .boolean(true) {
            declared.child("ignore").note("must be true, or left out")
        }
        return .ignore
    }

    /// A row that was not found has no members to find its key in.
    private static func check(_ declared: Declaration, _ fetch: Fetch?, _ action: Action) {
        switch (action, fetch) {
        case (.upsert(let target), let fetch?) where fetch.notFound == .delete:
            if !target.hasKeyOfMessage {
                declared.child("fetch").child("notFound").note(
                    "cannot be delete while the key comes from the row that was not found: take "
                        + "it from the message, as {id} or {body/…}")
            }
        case (.delete, _?), (.ignore, _?):
            declared.child("fetch").note("is of no use without upsert")
        default: break
        }
    }
}

extension Fetch {
    fileprivate init?(_ declared: Declaration, _ sources: Sources) {
        declared.allow("url", "headers", "select", "notFound", "byIds")
        guard let place = declared.required("url"), let url = place.template() else { return nil }
        guard let (source, path) = sources.resolve(url, place) else { return nil }
        self.source = source
        self.path = path
        headers = declared["headers"].map { HeaderField.all($0, in: sources.folder) } ?? []
        select = declared["select"].flatMap { $0.pointerValue() } ?? .whole
        notFound =
            declared["notFound"].flatMap { $0.word("delete", "fail", "ignore") }
            .flatMap { NotFound(rawValue: $0) } ?? .fail
        byIDs = declared["byIds"].flatMap { FetchByIDs($0, sources) }
    }
}

extension FetchByIDs {
    fileprivate init?(_ declared: Declaration, _ sources: Sources) {
        declared.allow("url", "id", "rows", "key", "limit")
        let key = declared.required("key").flatMap { $0.pointerValue() }
        let id = declared["id"].map { $0.template() } ?? .entityID
        guard let place = declared.required("url"), let url = place.template(allowsIDs: true) else {
            return nil
        }
        if !url.hasIDs { place.note("has no gap {ids}") }
        if url.hasGapsOfOne { place.note("has a gap that is another for each message") }
        guard let (source, path) = sources.resolve(url, place), let id, let key else { return nil }
        self.source = source
        self.path = path
        self.id = id
        self.key = key
        rows = declared["rows"].flatMap { $0.pointerValue() } ?? JSONPointer(member: "rows")
        limit = declared["limit"].flatMap { $0.integer(Self.limits) } ?? 100
    }
}

extension HeaderField {
    /// `{"Accept":"application/json","X-Key":{"environment":"SHOP_KEY"}}`.
    static func all(_ declared: Declaration, in folder: String) -> [HeaderField] {
        (declared.entries() ?? []).compactMap { name, declared in
            let value =
                declared.value.text != nil ? declared.text() : Secret.read(declared, in: folder)
            guard let value else { return nil }
            let isGood =
                !name.isEmpty && name.utf8.allSatisfy { 0x21...0x7E ~= $0 && $0 != 0x3A }
                && value.utf8.allSatisfy { 0x20...0x7E ~= $0 }
            if !isGood { declared.note("cannot be a field of a request") }
            return HeaderField(name: name, value: value)
        }
    }
}
