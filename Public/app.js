/** The frame around the pages: where one is, the connection, language, colours, and the keys. */
import { element, fill, mark, write } from "./element.js"
import { Hub } from "./hub.js"
import { Live } from "./live.js"
import { memory } from "./memory.js"
import { address, route } from "./router.js"
import { language, speak, text } from "./text.js"
import { complain } from "./dialog.js"
import { Session } from "./session.js"
import { keysWanted, openKeys } from "./keys.js"
import * as fleet from "./fleet.js"
import * as warehouse from "./warehouse.js"
import * as messages from "./messages.js"
import * as message from "./message.js"
import * as letters from "./letters.js"
import * as traffic from "./traffic.js"
import * as archive from "./archive.js"
import * as audit from "./audit.js"
import * as help from "./help.js"

/**
 * What a page is given.
 * @typedef {Object} Visit
 * @property {Hub} hub
 * @property {Live} live
 * @property {import("./router.js").Route} route
 * @property {HTMLElement} root what the page fills
 * @property {AbortSignal} signal ends when the page is left: with it its calls, listeners, timers
 * @property {(title: string) => void} entitle
 */

const pages = {
  fleet,
  warehouse,
  messages,
  message,
  "dead-letters": letters,
  traffic,
  archive,
  audit,
  help,
}

/** In the order of the bar; the letter that follows `g`. */
const bar = {
  fleet: "f",
  messages: "m",
  "dead-letters": "d",
  traffic: "t",
  archive: "a",
  audit: "u",
  help: "h",
}

/** Under which entry of the bar a page without one is found. */
const parents = { warehouse: "fleet", message: "messages" }

class App {
  #hub = new Hub()
  #live = new Live(this.#hub)
  #session = new Session(this.#hub, this.#live, () => this.#head())
  #leave = new AbortController()
  #main
  #sign
  #awaited = false
  /** Whether it is known who is here: before that no page asks the hub for anything. */
  #ready = false

  async start() {
    colour(memory.get("theme"))
    matchMedia("(prefers-color-scheme: dark)").addEventListener(
      "change",
      () => colour(memory.get("theme")),
    )
    addEventListener("hashchange", () => this.#visit(true))
    addEventListener("keydown", (event) => this.#key(event))
    this.#live.on("state", () => this.#connection())
    this.#live.on("fleet", () => this.#connection())
    this.#frame()
    await this.#session.begin()
    this.#ready = true
    this.#live.start()
    this.#frame()
  }

  /** The bar and the page; made anew when the language changes. */
  #frame() {
    document.documentElement.lang = language() === "zh" ? "zh-CN" : "en"
    this.#main = element("main", { id: "main", tabindex: "-1" })
    const skip = element("a", {
      class: "skip",
      href: "#main",
      on: {
        click: (event) => {
          event.preventDefault()
          this.#main.focus()
        },
      },
    }, text("skip"))
    for (
      const part of document.querySelectorAll(
        "body > .skip, body > header, body > main, body > noscript",
      )
    ) part.remove()
    document.body.prepend(skip, element("header"), this.#main)
    this.#head()
    if (this.#ready) this.#visit(false)
  }

  /** The bar alone: when somebody has signed in or out. */
  #head() {
    this.#sign = element("span", { class: "live", data: { field: "live" }, role: "status" }, [
      element("span", { class: "sign", "aria-hidden": "true" }),
      element("span"),
    ])
    document.querySelector("body > header").replaceWith(this.#bar())
    this.#connection()
    this.#where()
  }

  #bar() {
    const links = Object.keys(bar).map((page) =>
      element("a", { href: address(page), data: { nav: page } }, text(`nav.${page}`))
    )
    return element("header", {}, [
      element("a", { class: "brand", href: address("fleet") }, [
        element("img", { src: "icon.svg", alt: "", width: 20, height: 20 }),
        element("span", {}, text("brand")),
      ]),
      element("nav", { "aria-label": text("nav.label") }, links),
      element("div", { class: "tools" }, [
        this.#sign,
        this.#languages(),
        this.#themes(),
        this.#session.sign(),
      ]),
    ])
  }

  #languages() {
    const other = language() === "zh" ? "en" : "zh"
    return element("button", {
      type: "button",
      class: "tool",
      data: { action: "language" },
      lang: other === "zh" ? "zh-CN" : "en",
      on: {
        click: () => {
          speak(other)
          this.#frame()
          document.querySelector("[data-action=language]").focus()
        },
      },
    }, other === "zh" ? "中文" : "English")
  }

  #themes() {
    const dark = document.documentElement.dataset.theme === "dark"
    const button = element("button", {
      type: "button",
      class: "tool",
      data: { action: "theme" },
      "aria-pressed": String(dark),
      title: text("theme.hint"),
      on: {
        click: () => {
          const wanted = document.documentElement.dataset.theme === "dark" ? "light" : "dark"
          memory.set("theme", wanted === system() ? null : wanted)
          colour(wanted)
          button.setAttribute("aria-pressed", String(wanted === "dark"))
        },
      },
    }, [
      element("span", { "aria-hidden": "true" }, "◐"),
      element("span", { class: "hidden" }, text("theme")),
    ])
    return button
  }

  #visit(moved) {
    this.#leave.abort()
    this.#leave = new AbortController()
    const { signal } = this.#leave
    const here = route()
    const page = pages[here.page]
    const root = element("div", { class: "page", data: { page: page ? here.page : "unknown" } })
    this.#where()
    fill(this.#main, root)
    const entitle = (words) => {
      document.title = `${words} · ${text("brand")}`
    }
    entitle(page ? page.title() : text("unknown.title"))
    if (!page) {
      fill(root, [
        element("h1", {}, text("unknown.title")),
        element("p", {}, element("a", { href: address("fleet") }, text("nav.fleet"))),
      ])
    } else page.show({ hub: this.#hub, live: this.#live, route: here, root, signal, entitle })
    if (moved) {
      this.#main.focus({ preventScroll: true })
      scrollTo(0, 0)
    }
  }

  /** Marks in the bar where one is. */
  #where() {
    const { page } = route()
    for (const link of document.querySelectorAll("[data-nav]")) {
      mark(link, "aria-current", link.dataset.nav === (parents[page] ?? page) ? "page" : null)
    }
  }

  #connection() {
    const { state } = this.#live
    mark(this.#sign, "data-state", state)
    write(this.#sign.firstChild, { live: "●", polling: "◐", away: "✕", starting: "○" }[state])
    write(this.#sign.lastChild, text(`live.${state}`))
    mark(this.#sign, "title", text(`live.${state}.hint`))
  }

  #key(event) {
    const typing = event.target.closest?.("input, select, textarea, dialog")
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !keysWanted()) {
      this.#awaited = false
      return
    }
    const page = this.#awaited && Object.keys(bar).find((name) => bar[name] === event.key)
    this.#awaited = event.key === "g" && !this.#awaited
    if (page) location.hash = address(page)
    else if (event.key === "/") this.#search(event)
    else if (event.key === "?") openKeys(bar)
  }

  #search(event) {
    const field = this.#main.querySelector("[data-search]")
    if (!field) return
    event.preventDefault()
    field.focus()
    field.select()
  }
}

function system() {
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"
}

function colour(wanted) {
  document.documentElement.dataset.theme = wanted === "dark" || wanted === "light"
    ? wanted
    : system()
}

addEventListener("unhandledrejection", (event) => {
  if (event.reason?.name === "AbortError") event.preventDefault()
  else if (event.reason?.name === "Problem") {
    event.preventDefault()
    complain(event.reason)
  }
})

new App().start()
