import Wire

/// The values of a JSON configuration file, by the names of the options they stand for.
///
/// `{"listen":"0.0.0.0:8088","logFormat":"json"}`: an option's name in lower camel case.
enum ConfigurationFile {
    /// What the file says about `options`, as text like on a command line, and its mistakes.
    static func read(
        _ path: String, options: [any OptionRow]
    ) -> (texts: [String: String], mistakes: [String]) {
        do {
            let bytes = try ByteStream.readAll(path: path, limit: 1 << 20)
            return read(try JSONValue.parse(bytes), options: options, path: path)
        } catch let mistake as JSONError {
            return ([:], ["\(path): no JSON \(mistake.complaint)"])
        } catch {
            return ([:], ["--config: \(error)"])
        }
    }

    private static func read(
        _ content: JSONValue, options: [any OptionRow], path: String
    ) -> (texts: [String: String], mistakes: [String]) {
        guard let members = content.members else { return ([:], ["\(path): not an object"]) }
        let names = options.filter { $0.placeholder != nil && $0.name != "config" }.map(\.name)
        var texts: [String: String] = [:]
        var mistakes: [String] = []
        for member in members {
            guard let name = names.first(where: { camelCase($0) == member.name }) else {
                let nearest = nearest(to: member.name, among: names.map(camelCase))
                let hint = nearest.map { "; did you mean \($0)?" } ?? ""
                mistakes.append("\(path): unknown setting \(member.name)\(hint)")
                continue
            }
            if texts[name] != nil { mistakes.append("\(path): \(member.name) stands there twice") }
            switch member.value {
            case .text(let text), .number(let text): texts[name] = text
            default: mistakes.append("\(path): \(member.name) is neither a text nor a number")
            }
        }
        return (texts, mistakes)
    }

    /// `log-format` is `logFormat` in JSON.
    static func camelCase(_ name: String) -> String {
        let words = name.split(separator: "-").map(String.init)
        return words[0]
            + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}
