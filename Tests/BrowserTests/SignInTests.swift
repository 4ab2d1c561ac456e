import Foundation
import HubServer
import TestSupport
import Testing
import Wire

extension BrowserTests {
    /// A closed hub asks who is there.
    @Suite("Signing in at the page") struct PageSignInTests {
        private let folder: TemporaryFolder
        private let token: String
        private let hub: RunningHub

        init() throws {
            folder = try TemporaryFolder()
            token = try TokenFileMaker.admin(folder, name: "anna")
            hub = try RunningHub(folder: folder)
            let named = try asAdmin("PUT", "/v1/warehouses/105", "{\"name\":\"North\"}")
            guard named.status < 300 else { throw Unexpected(named) }
        }

        @discardableResult
        private func asAdmin(
            _ method: String, _ path: String, _ body: String? = nil
        ) throws -> Answer {
            try hub.client().request(
                method, path, body, fields: ["Authorization": "Bearer \(token)"])
        }

        private func deeds() throws -> [String] {
            let entries = try asAdmin("GET", "/v1/audit")["entries"].elements ?? []
            return entries.map { "\($0["action"]!.text!) \($0["name"]?.text ?? "-")" }
        }

        private func signIn(_ page: Page, _ token: String) throws {
            try page.until("the question", "return document.querySelector('dialog.sign-in[open]')")
            try page.write("#token", token)
            try page.click("[data-action=sign-in]")
        }

        @Test("A wrong token is refused, the right one opens the page where one wanted to go")
        func signIn() throws {
            let page = try Page(hub.endpoint, "warehouse/105")
            try signIn(page, "mc_wrong")
            try page.until("the refusal", "return document.querySelector('.sign-in .problem')")
            #expect(try page.attribute("data-code", of: ".sign-in .problem") == "unauthorized")
            try signIn(page, token)
            try page.until("the question to go", "return !document.querySelector('dialog')")
            try page.settled("warehouse")
            #expect(try page.text("h1 bdi") == "North")
            #expect(try page.text("[data-action=sign-out] [data-field=name]") == "anna")
            #expect(try deeds().prefix(2) == ["sign_in anna", "sign_in_failed "])
            #expect(
                try page.run("return document.cookie") == "", "no script can read the cookie")
            #expect(try page.faults(refusals: [401]) == [])
        }

        @Test("What a signed-in operator does is noted under the name")
        func name() throws {
            let page = try Page(hub.endpoint, "warehouse/105")
            try signIn(page, token)
            try page.settled("warehouse")
            try page.click("main [data-action=pause]")
            try page.click("dialog [data-action=confirm-pause]")
            try page.until("the dialog to close", "return !document.querySelector('dialog')")
            #expect(try deeds().first == "pause anna")
            #expect(try page.faults(refusals: [401]) == [])
        }

        @Test("Signing out ends it at the hub, and the page asks again")
        func signOut() throws {
            let page = try Page(hub.endpoint)
            try signIn(page, token)
            try page.settled("fleet")
            let cookie = try page.cookies()
            let asked = try hub.client().request(
                "GET", "/v1/warehouses", fields: ["Cookie": cookie])
            #expect(asked.status == 200)
            try page.click("[data-action=sign-out]")
            try page.until("the question", "return document.querySelector('dialog.sign-in[open]')")
            #expect(try page.count("main tbody tr[data-wid]") == 0)
            let again = try hub.client().request(
                "GET", "/v1/warehouses", fields: ["Cookie": cookie])
            #expect(again.status == 401)
            #expect(try deeds().first == "sign_out anna")
            #expect(try page.faults(refusals: [401]) == [])
        }

        @Test("When a session ends the page asks, and then goes on where it was")
        func ended() throws {
            let page = try Page(hub.endpoint, "warehouse/105")
            try signIn(page, token)
            try page.settled("warehouse")
            let ended = try hub.client().request(
                "DELETE", "/v1/session",
                fields: ["Cookie": page.cookies(), "Origin": "http://hub"])
            #expect(ended.status == 200, "\(ended.text)")
            try page.click("main [data-action=pause]")
            try page.click("dialog [data-action=confirm-pause]")
            try signIn(page, token)
            try page.until("both to close", "return !document.querySelector('dialog')")
            #expect(try deeds().first == "pause anna", "what was asked for is done after it")
            #expect(try page.run("return location.hash") == "#/warehouse/105")
            #expect(try page.faults(refusals: [401]) == [])
        }

        @Test("The question keeps nobody out", arguments: View.all)
        func accessible(view: View) throws {
            let page = try Page(hub.endpoint, view: view)
            try page.until("the question", "return document.querySelector('dialog.sign-in[open]')")
            try Accessibility.bring(to: page)
            #expect(try Accessibility.violations(page) == [])
            #expect(try page.run("return document.activeElement.id") == "token")
            #expect(try page.faults(refusals: [401]) == [])
        }
    }
}
