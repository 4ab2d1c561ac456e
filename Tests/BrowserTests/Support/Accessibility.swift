import Foundation
import Wire

/// What axe-core (https://github.com/dequelabs/axe-core) finds: the part of WCAG 2 A and AA that a
/// program can tell.
enum Accessibility {
    struct Missing: Error, CustomStringConvertible {
        let path: String
        var description: String {
            "axe-core is not at \(path): `scripts/setup test` brings it, if it reaches a mirror of"
                + " the Python packages"
        }
    }

    /// Where `scripts/setup test` puts it.
    private static let path = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../.build/axe/axe.min.js").standardized.path

    private static let source = Result {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Missing(path: path)
        }
        return text
    }

    /// To be called once after each load of the page.
    static func bring(to page: Page) throws {
        try page.define(source.get())
    }

    /// Rule and place of each violation.
    static func violations(_ page: Page) throws -> [String] {
        let found = try page.runLater(
            """
            const done = arguments[arguments.length - 1]
            axe.run(document, {
                runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
                resultTypes: ["violations"],
            }).then(({ violations }) => done(violations.flatMap(({ id, nodes }) =>
                nodes.slice(0, 3).map(node => `${id}: ${node.target.join(" ")} ${
                    node.any.concat(node.all, node.none).map(check => check.message).join("; ")
                }`))), problem => done([String(problem)]))
            """)
        return found.elements?.compactMap(\.text) ?? ["axe answered nothing"]
    }
}
