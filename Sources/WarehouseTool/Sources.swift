import Wire

/// The data interfaces that rows are fetched from: the one that `data` declares, and those that
/// addresses in full name.
final class Sources {
    struct Source: Equatable, Sendable {
        /// Scheme, host and port, perhaps a path; no slash at its end.
        let base: String
        /// Sent to this one and to no other.
        var token: String?
        var headers: [HeaderField] = []
    }

    private(set) var all: [Source] = []
    private let hasDefault: Bool
    /// What paths in the configuration are relative to.
    let folder: String

    init(default source: Source?, folder: String) {
        self.folder = folder
        hasDefault = source != nil
        if let source { all.append(source) }
    }

    /// The source that an address means, and what is asked of it; nil and noted if it means none.
    func resolve(_ url: Template, _ place: Declaration) -> (source: Int, path: Template)? {
        if url.beginning.hasPrefix("/") {
            guard hasDefault else {
                place.note("is a path, and there is no data to say whose: write it in full")
                return nil
            }
            return (0, url)
        }
        guard let base = Self.base(of: url.beginning) else {
            place.note("must begin with http://host/ or https://host/, or be a path such as /v1/…")
            return nil
        }
        let rest = String(url.text.dropFirst(base.count))
        guard let path = try? Template(rest, allowsIDs: url.hasIDs) else { return nil }
        // The token of `data` goes to nobody else.
        let source = all.dropFirst(hasDefault ? 1 : 0).firstIndex { $0.base == base }
        if let source { return (source, path) }
        all.append(Source(base: base))
        return (all.count - 1, path)
    }

    /// `http://host:port` of an address that goes on with a slash.
    private static func base(of text: String) -> String? {
        for scheme in ["http://", "https://"] where text.hasPrefix(scheme) {
            let rest = text.dropFirst(scheme.count)
            guard let slash = rest.firstIndex(of: "/"), slash > rest.startIndex else { return nil }
            return String(text[..<slash])
        }
        return nil
    }
}
