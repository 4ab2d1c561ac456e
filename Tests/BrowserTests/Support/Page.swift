import Foundation
import Platform
import TestSupport
import Wire

/// The dashboard of one hub, as somebody sees it who has never been there before.
///
/// Every wait has a deadline, and a wait that ends there throws what it waited for.
final class Page {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Longer than any wait takes on a machine that does other things, too.
    static let patience = Duration.seconds(30)

    private let browser: Browser
    let address: String

    /// Notes what the page may never do, from before its first script.
    static let recorder = """
        window.faults = []
        addEventListener("securitypolicyviolation", event =>
            faults.push(`policy: ${event.violatedDirective} ${event.blockedURI}`))
        addEventListener("error", event => faults.push(`error: ${event.message}`), true)
        """

    /// Opens the dashboard of the hub at `endpoint`.
    ///
    /// - Parameter fragment: the page, such as `fleet` or `warehouse/105`.
    init(_ endpoint: Endpoint, _ fragment: String = "fleet", view: View = View()) throws {
        browser = try Browser.shared
        address = "http\(TestTLS.isOn ? "s" : "")://\(endpoint)"
        try browser.command("POST", "/url", ["url": "about:blank"])
        try browser.tools("Network.clearBrowserCookies")
        try browser.tools(
            "Storage.clearDataForOrigin",
            ["origin": .text(address), "storageTypes": "all"])
        try put(on: view)
        _ = try log()
        try browser.command("POST", "/url", ["url": .text("\(address)/#/\(fragment)")])
    }

    private func put(on view: View) throws {
        let agent = try browser.tools("Browser.getVersion")["userAgent"] ?? ""
        try browser.tools(
            "Emulation.setUserAgentOverride",
            ["userAgent": agent, "acceptLanguage": .text(view.language.rawValue)])
        try browser.tools("Emulation.setTimezoneOverride", ["timezoneId": "UTC"])
        try browser.tools(
            "Emulation.setEmulatedMedia",
            [
                "features": [
                    ["name": "prefers-color-scheme", "value": .text(view.theme.rawValue)]
                ]
            ])
        try browser.tools(
            "Emulation.setDeviceMetricsOverride",
            [
                "width": .number("\(view.width)"), "height": .number("\(view.height)"),
                "deviceScaleFactor": 1, "mobile": .boolean(view.isPhone),
            ])
    }

    // MARK: Where one is

    /// Goes to another page as a link does, and waits until it has all it asked for.
    func go(_ fragment: String) throws {
        try run("location.hash = `#/${arguments[0]}`", .text(fragment))
        try settled(fragment)
    }

    /// Waits until the page is there and nothing is loading any more.
    func settled(_ fragment: String? = nil) throws {
        let name = fragment?.prefix { $0 != "/" && $0 != "?" }
        try until(
            "the page \(fragment ?? "") to be there",
            """
            const page = document.querySelector("main > [data-page]")
            return page && (!arguments[0] || page.dataset.page === arguments[0])
                && page.childNodes.length > 0 && !page.querySelector(".loading, [aria-busy]")
            """, name.map { .text(String($0)) } ?? .null)
    }

    func reload() throws {
        try browser.command("POST", "/refresh")
    }

    // MARK: Scripts

    /// Runs the body of a function, and returns what it returns; `arguments` are its own.
    @discardableResult
    func run(_ script: String, _ arguments: JSONValue...) throws -> JSONValue {
        try execute(script, arguments)
    }

    private func execute(_ script: String, _ arguments: [JSONValue]) throws -> JSONValue {
        try browser.command(
            "POST", "/execute/sync", ["script": .text(script), "args": .array(arguments)])
    }

    /// Runs the body of a function whose last argument is called with the result.
    func runLater(_ script: String, _ arguments: JSONValue...) throws -> JSONValue {
        try browser.command(
            "POST", "/execute/async", ["script": .text(script), "args": .array(arguments)])
    }

    /// Defines what scripts use, past the page's own rules for what may run in it.
    func define(_ source: String) throws {
        let answer = try browser.tools("Runtime.evaluate", ["expression": .text(source)])
        if let trouble = answer["exceptionDetails"] {
            throw Failure(description: trouble.serialized())
        }
    }

    /// Waits until the script returns something true.
    func until(
        _ what: String, within time: Duration = patience, _ script: String,
        _ arguments: JSONValue...
    ) throws {
        var last = JSONValue.null
        try wait(what, within: time) {
            last = try execute(script, arguments)
            switch last {
            case .boolean(let value): return value
            case .null: return false
            default: return true
            }
        }
    }

    /// Waits until `condition` holds, which looks at the page or at the hub.
    func wait(
        _ what: String, within time: Duration = patience, _ condition: () throws -> Bool
    ) throws {
        let deadline = ContinuousClock.now + time
        repeat {
            if try condition() { return }
            usleep(10_000)
        } while ContinuousClock.now < deadline
        let seen = (try? run("return document.body.innerText").text) ?? "?"
        throw Failure(
            description: "waited for \(what) in vain; the page says: \(seen.prefix(1500))")
    }

    // MARK: Hands

    /// What happens while a page is drawn anew: to be tried again.
    private static let passing: Set = [
        "no such element", "stale element reference", "element click intercepted",
        "element not interactable", "invalid element state",
    ]

    /// Finds the first that fits, and does something with it as soon as that can be done.
    private func reach(_ selector: String, _ action: (String) throws -> Void) throws {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            do {
                let found = try browser.command(
                    "POST", "/element", ["using": "css selector", "value": .text(selector)])
                let id = found.members?.first?.value.text ?? ""
                return try action("/element/\(id)")
            } catch let failure as Browser.Failure where Self.passing.contains(failure.code) {
                guard ContinuousClock.now < deadline else {
                    throw Failure(description: "\(selector): \(failure)")
                }
                usleep(10_000)
            }
        }
    }

    /// Clicks where a hand would: it must be in sight, enabled, and under nothing else.
    func click(_ selector: String) throws {
        try until(
            "\(selector) to be enabled",
            "return document.querySelector(arguments[0])?.disabled === false"
                + " || document.querySelector(arguments[0])?.tagName === 'A'"
                + " || document.querySelector(arguments[0])?.disabled === undefined"
                + " && document.querySelector(arguments[0]) !== null",
            .text(selector))
        try reach(selector) { try browser.command("POST", "\($0)/click") }
    }

    /// Writes into a field, in place of what stands there.
    func write(_ selector: String, _ text: String) throws {
        try reach(selector) {
            try browser.command("POST", "\($0)/clear")
            try browser.command("POST", "\($0)/value", ["text": .text(text)])
        }
    }

    /// Chooses of a list, or sets a field of a kind that keys are awkward for.
    func set(_ selector: String, _ value: String) throws {
        try run(
            """
            const field = document.querySelector(arguments[0])
            field.value = arguments[1]
            field.dispatchEvent(new Event("input", { bubbles: true }))
            field.dispatchEvent(new Event("change", { bubbles: true }))
            """, .text(selector), .text(value))
    }

    /// Presses keys one after another, wherever the focus is.
    func press(_ keys: String...) throws {
        let strokes = keys.flatMap { key -> [JSONValue] in
            [
                ["type": "keyDown", "value": .text(key)], ["type": "keyUp", "value": .text(key)],
            ]
        }
        try browser.command(
            "POST", "/actions",
            ["actions": [["type": "key", "id": "keys", "actions": .array(strokes)]]])
    }

    // MARK: Eyes

    /// The text of the first that fits, without white space around it; nil if there is none.
    func text(_ selector: String) throws -> String? {
        try run(
            "return document.querySelector(arguments[0])?.textContent.trim() ?? null",
            .text(selector)
        ).text
    }

    /// An attribute of the first that fits.
    func attribute(_ name: String, of selector: String) throws -> String? {
        try run(
            "return document.querySelector(arguments[0])?.getAttribute(arguments[1]) ?? null",
            .text(selector), .text(name)
        ).text
    }

    func count(_ selector: String) throws -> Int {
        try run("return document.querySelectorAll(arguments[0]).length", .text(selector))
            .integer ?? -1
    }

    /// What a figure says: as it is written, and in full where one points at it.
    struct Field: Equatable, Sendable {
        let text: String
        let title: String
    }

    /// The figures within each element that fits, by name.
    func fields(_ selector: String) throws -> [[String: Field]] {
        let found = try run(
            """
            return [...document.querySelectorAll(arguments[0])].map(place =>
                [...place.querySelectorAll("[data-field]")].map(field => [field.dataset.field,
                    field.textContent.trim(),
                    field.title || field.querySelector("[title]")?.title || ""]))
            """, .text(selector))
        return (found.elements ?? []).map { place in
            Dictionary(
                (place.elements ?? []).map { field in
                    (
                        field[0]?.text ?? "",
                        Field(text: field[1]?.text ?? "", title: field[2]?.text ?? "")
                    )
                }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// A picture of what is seen, as PNG.
    func picture() throws -> Data {
        let text = try browser.command("GET", "/screenshot").text ?? ""
        return Data(base64Encoded: text) ?? Data()
    }

    // MARK: What went wrong

    private func log() throws -> [JSONValue] {
        try browser.command("POST", "/se/log", ["type": "browser"]).elements ?? []
    }

    /// What the console holds since the last look, and what the page's policy has stopped.
    ///
    /// - Parameter refusals: statuses that the hub is meant to answer; the console notes each.
    func faults(refusals: Set<Int> = []) throws -> [String] {
        let noted = try log().compactMap { entry -> String? in
            let message = entry["message"]?.text ?? ""
            let isMeant = refusals.contains { message.contains("status of \($0)") }
            let isNetwork = entry["source"]?.text == "network"
            return isNetwork && isMeant ? nil : "\(entry["level"]?.text ?? "") \(message)"
        }
        let told = try run("return window.faults ?? ['no recorder']").elements ?? []
        return noted + told.compactMap(\.text)
    }

    /// The cookies that the browser keeps for this hub, as it sends them.
    func cookies() throws -> String {
        let cookies =
            try browser.tools("Network.getCookies", ["urls": [.text(address)]])["cookies"]?
            .elements ?? []
        return cookies.map { "\($0["name"]?.text ?? "")=\($0["value"]?.text ?? "")" }
            .joined(separator: "; ")
    }
}
