import Hub
internal import Platform
import Wire

/// The settings of `serve`: one table from which flags, environment, file and help are made.
package enum Settings {
    /// One setting, as text, and what it means.
    package struct Setting: Sendable {
        /// The flag without its dashes; in the environment `MESSAGE_CENTER_` and this in capitals
        /// with `_`; in the file as it is.
        package let name: String
        package let placeholder: String
        package let help: String
        /// Used when nobody says anything.
        package let standard: String
        /// The standard is told in words: the configuration has it by itself.
        package var isDescribed = false
        let apply: @Sendable (String, inout Configuration) -> String?

        package var environmentName: String {
            "MESSAGE_CENTER_"
                + String(name.map { $0 == "-" ? "_" : Character($0.uppercased()) })
        }
    }

    package static let all: [Setting] = general + tls + limits + archive

    private static let general: [Setting] = [
        Setting(
            name: "listen", placeholder: "HOST:PORT", help: "where to listen",
            standard: "127.0.0.1:8088"
        ) { text, configuration in
            do throws(Endpoint.Malformed) {
                configuration.listen = try Endpoint(text)
                return nil
            } catch {
                return error.complaint
            }
        },
        Setting(
            name: "data", placeholder: "DIR", help: "the data folder, made if missing",
            standard: "./data"
        ) { text, configuration in
            configuration.data = text
            configuration.archive = text + "/archive"
            return text.isEmpty ? "must name a folder" : nil
        },
        number(
            "loops", "event loops, each a thread; one a processor if not said",
            standard: min(16, Processors.count), 1...64
        ) { $1.loops = Int($0) },
        number(
            "max-connections", "connections at once", standard: Limits.connections, 1...1_000_000
        ) { $1.connections = Int($0) },
        word("log-level", "what is told: debug, info, warning, error", standard: Log.Level.info) {
            $1.logLevel = $0
        },
        word("log-format", "text for people, json for collectors", standard: Log.Format.text) {
            $1.logFormat = $0
        },
        Setting(
            name: "legacy-zone", placeholder: "+HH:MM",
            help: "the local time of the old 27-digit positions", standard: "+08:00"
        ) { text, configuration in
            guard let minutes = zoneMinutes(text) else { return "must be like +08:00" }
            configuration.legacyZoneMinutes = minutes
            return nil
        },
    ]

    static func number(
        _ name: String, _ help: String, standard: Int, _ range: ClosedRange<Int64>,
        _ set: @escaping @Sendable (Int64, inout Configuration) -> Void
    ) -> Setting {
        Setting(name: name, placeholder: "N", help: help, standard: String(standard)) {
            guard let number = Int64($0), range.contains(number) else {
                return "must be a number from \(range.lowerBound) to \(range.upperBound)"
            }
            set(number, &$1)
            return nil
        }
    }

    private static func word<Word: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String, _ help: String, standard: Word,
        _ set: @escaping @Sendable (Word, inout Configuration) -> Void
    ) -> Setting {
        Setting(name: name, placeholder: "WORD", help: help, standard: standard.rawValue) {
            guard let word = Word(rawValue: $0) else {
                let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
                return "must be one of \(words)"
            }
            set(word, &$1)
            return nil
        }
    }

    private static func zoneMinutes(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count == 6, bytes[3] == UInt8(ascii: ":"),
            bytes[0] == UInt8(ascii: "+") || bytes[0] == UInt8(ascii: "-"),
            let hours = Int(text.dropFirst().prefix(2)), let minutes = Int(text.suffix(2)),
            (0...14).contains(hours), (0...59).contains(minutes)
        else { return nil }
        return (bytes[0] == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
    }

    /// Every mistake in what was set, each with where it was said and what to say instead.
    package struct Mistakes: Error, Equatable {
        package let texts: [String]
    }

    /// Makes a configuration of what was said, or tells every mistake at once.
    ///
    /// - Parameters:
    ///   - flags: by name, without dashes.
    ///   - environment: the process's; only `MESSAGE_CENTER_…` is looked at.
    ///   - file: the content of the JSON file, and its name.
    package static func resolve(
        flags: [String: String], environment: [String: String],
        file: (name: String, content: [UInt8])? = nil
    ) throws(Mistakes) -> Configuration {
        var mistakes: [String] = []
        let fromFile = values(of: file, &mistakes)
        var configuration = Configuration(
            listen: try! Endpoint("127.0.0.1:0"), data: "", loops: 1,
            connections: Limits.connections)
        for setting in all {
            let said: (text: String, source: String)? =
                if let flag = flags[setting.name] {
                    (flag, "--\(setting.name)")
                } else if let variable = environment[setting.environmentName] {
                    (variable, setting.environmentName)
                } else if let member = fromFile[setting.name] {
                    (member, "\"\(setting.name)\" in \(file?.name ?? "")")
                } else {
                    setting.isDescribed ? nil : (setting.standard, "--\(setting.name)")
                }
            guard let (text, source) = said else { continue }
            if let mistake = setting.apply(text, &configuration) {
                mistakes.append("\(source): \"\(text)\" \(mistake)")
            }
        }
        if let mistake = configuration.tls.flatMap(mistake) { mistakes.append(mistake) }
        guard mistakes.isEmpty else { throw Mistakes(texts: mistakes) }
        return configuration
    }

    private static func values(
        of file: (name: String, content: [UInt8])?, _ mistakes: inout [String]
    ) -> [String: String] {
        guard let file else { return [:] }
        var values: [String: String] = [:]
        do throws(JSONError) {
            guard let members = try JSONValue.parse(file.content).members else {
                mistakes.append("\(file.name): must be a JSON object")
                return [:]
            }
            for member in members {
                guard all.contains(where: { $0.name == member.name }) else {
                    let known = all.map(\.name).joined(separator: ", ")
                    mistakes.append(
                        "\(file.name): no setting \"\(member.name)\"; there are \(known)")
                    continue
                }
                guard values[member.name] == nil else {
                    mistakes.append("\(file.name): \"\(member.name)\" is given twice")
                    continue
                }
                values[member.name] = member.value.text ?? member.value.serialized()
            }
        } catch {
            mistakes.append("\(file.name): \(error.text) (at byte \(error.offset))")
        }
        return values
    }
}
