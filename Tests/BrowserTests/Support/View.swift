/// What a viewer sees with: language, colours, and how much room there is.
struct View: Sendable, CustomStringConvertible {
    enum Language: String, Sendable, CaseIterable {
        case english = "en-GB"
        case chinese = "zh-CN"
    }

    enum Theme: String, Sendable, CaseIterable {
        case light, dark
    }

    var language = Language.english
    var theme = Theme.light
    var width = 1280
    var height = 800
    var isPhone = false

    static let phone = View(width: 360, height: 740, isPhone: true)

    /// Each language in each theme.
    static let all = Language.allCases.flatMap { language in
        Theme.allCases.map { View(language: language, theme: $0) }
    }

    var description: String { "\(language.rawValue) \(theme.rawValue) \(width)x\(height)" }
}
