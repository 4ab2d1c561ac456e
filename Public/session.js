/** Who is at the page. Where tokens are defined an admin's is asked for, and again when it ends. */
import { element, fill } from "./element.js"
import { text } from "./text.js"
import { told } from "./dialog.js"

export class Session {
  #hub
  #live
  #changed
  #content = null
  /** The sign-in that is under way: calls that come meanwhile wait for the same one. */
  #asked = null
  #wasIn = false

  /** @param {() => void} changed called when somebody has signed in or out */
  constructor(hub, live, changed) {
    this.#hub = hub
    this.#live = live
    this.#changed = changed
    hub.signIn = () => this.#ask()
  }

  /** Learns whether a sign-in is needed, and asks for it before anything else is tried. */
  async begin() {
    try {
      this.#content = await this.#hub.get("session")
    } catch {
      return // The hub is away, or an old one: the calls of the page will tell.
    }
    if (!this.#content.open && !this.#content.signedIn) await this.#ask()
  }

  /** For the bar: who is signed in, and the way out. @returns {HTMLElement | null} */
  sign() {
    if (!this.#content) return null
    if (this.#content.open) {
      return element(
        "span",
        { class: "open-hub quiet", title: text("session.open.hint") },
        text("session.open"),
      )
    }
    if (!this.#content.signedIn) return null
    return element("button", {
      type: "button",
      class: "tool",
      data: { action: "sign-out" },
      title: text("session.out.hint", { name: this.#content.name ?? "" }),
      on: { click: () => this.#out() },
    }, [
      element("bdi", { data: { field: "name" } }, this.#content.name ?? ""),
      " · ",
      text("session.out"),
    ])
  }

  async #out() {
    this.#content = await this.#hub.delete("session")
    this.#live.stop()
    location.reload()
  }

  #ask() {
    this.#asked ??= this.#dialog().finally(() => {
      this.#asked = null
    })
    return this.#asked
  }

  #dialog() {
    const again = this.#wasIn || this.#content?.signedIn
    return new Promise((resolve) => {
      const token = element("input", {
        type: "password",
        id: "token",
        name: "token",
        autocomplete: "current-password",
        required: true,
        spellcheck: "false",
      })
      const trouble = element("div", { role: "alert" })
      const button = element("button", {
        type: "submit",
        class: "main",
        data: { action: "sign-in" },
      }, text("session.in"))
      const form = element("form", {
        on: {
          submit: (event) => {
            event.preventDefault()
            send()
          },
        },
      }, [
        element("h1", {}, text("session.title")),
        element("p", {}, text(again ? "session.again" : "session.why")),
        element("input", {
          type: "text",
          name: "username",
          autocomplete: "username",
          value: "admin",
          hidden: true,
        }),
        element("label", { for: "token" }, text("session.token")),
        token,
        trouble,
        element("div", { class: "buttons" }, button),
        element("p", { class: "quiet" }, text("session.how")),
        element("pre", {}, "message-center token create --role admin --name …"),
      ])
      const dialog = element("dialog", {
        class: "sign-in",
        data: { page: "sign-in" },
        "aria-label": text("session.title"),
        on: { cancel: (event) => event.preventDefault() },
      }, form)
      const send = async () => {
        button.disabled = true
        try {
          this.#content = await this.#hub.post("session", { token: token.value.trim() })
          this.#wasIn = true
          dialog.close()
          dialog.remove()
          resolve()
          this.#changed()
          if (again) this.#live.restart()
        } catch (problem) {
          fill(trouble, told(problem))
          token.select()
        } finally {
          button.disabled = false
        }
      }
      document.body.append(dialog)
      dialog.showModal()
      token.focus()
    })
  }
}
