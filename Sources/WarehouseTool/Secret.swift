import Foundation
import Wire

/// A token or password: never in the configuration itself, which is copied and shown around.
enum Secret {
    /// `{"environment":"NAME"}` or `{"file":"path"}`: its first line. nil and noted where there is
    /// none.
    ///
    /// - Parameter folder: what a path is relative to.
    static func read(_ declared: Declaration, in folder: String) -> String? {
        guard declared.value.members != nil else {
            declared.note(
                "must not stand here: say where it is, {\"environment\":\"NAME\"} or "
                    + "{\"file\":\"path\"}")
            return nil
        }
        declared.allow("environment", "file")
        if let place = declared["environment"], declared["file"] == nil {
            return place.text().flatMap { environment($0, place) }
        }
        guard let place = declared["file"], declared["environment"] == nil else {
            declared.note("must have one of environment and file")
            return nil
        }
        return place.text().flatMap { file(path($0, in: folder), place) }
    }

    /// A path as a configuration means it: beside the configuration, if it does not begin with `/`.
    static func path(_ text: String, in folder: String) -> String {
        text.hasPrefix("/") || folder.isEmpty ? text : "\(folder)/\(text)"
    }

    private static func environment(_ name: String, _ place: Declaration) -> String? {
        guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
            place.note("names \(name), which is not set")
            return nil
        }
        return value
    }

    private static func file(_ path: String, _ place: Declaration) -> String? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            place.note("names \(path), which cannot be read")
            return nil
        }
        guard let line = text.split(whereSeparator: \.isWhitespace).first else {
            place.note("names \(path), which is empty")
            return nil
        }
        return String(line)
    }
}
