/** Search over store and archive, newest first. */
import { element, fill } from "./element.js"
import { fieldsOf } from "./filter.js"
import { text } from "./text.js"
import { exact } from "./number.js"
import { fieldTime, fieldValue, timeElement } from "./time.js"
import { address, note } from "./router.js"
import { Pages } from "./pages.js"
import { nothing, sheet } from "./table.js"
import { progress } from "./progress.js"
import { glimpse, indexLink, keyWords, placeWords, topicWords, widLink } from "./body.js"
import { tryOut } from "./help.js"
import { openReplay } from "./replay.js"

const pageSize = 100

export const title = () => text("messages.title")

/** @param {import("./app.js").Visit} visit */
export function show(visit) {
  new Search(visit)
}

class Search {
  #visit
  #fields = {}
  #filter
  #pages
  #status = element("div", { class: "search-status" })

  constructor(visit) {
    this.#visit = visit
    const { query } = visit.route
    const names = ["topic", "wid", "key", "text", "from", "to", "archived", "order"]
    this.#filter = Object.fromEntries(names.map((name) => [name, query.get(name) ?? ""]))
    this.#pages = new Pages({
      signal: visit.signal,
      load: (token, signal) => this.#load(token, signal),
    })
    fill(visit.root, [
      element("div", { class: "top" }, [element("h1", {}, text("messages.title")), this.#jump()]),
      this.#form(),
      this.#status,
      this.#pages.node,
    ])
    this.#topics()
    this.#pages.begin()
  }

  #form() {
    const field = fieldsOf("messages", this.#filter, this.#fields)
    this.#fields.archived = element("input", {
      type: "checkbox",
      name: "archived",
      checked: this.#filter.archived !== "false",
    })
    this.#fields.order = element(
      "select",
      { name: "order" },
      ["newest", "oldest"].map((order) =>
        element(
          "option",
          { value: order, selected: order === this.#filter.order },
          text(`messages.order.${order}`),
        )
      ),
    )
    return element("form", {
      class: "filter",
      role: "search",
      on: {
        submit: (event) => {
          event.preventDefault()
          this.#begin()
        },
      },
    }, [
      field("topic", {
        type: "search",
        list: "topics",
        placeholder: "SaleOrder_*",
        maxlength: 128,
        data: { search: "" },
        pattern: "[A-Za-z0-9_.*\\-]*",
      }),
      field("wid", {
        type: "number",
        min: 0,
        max: 2147483647,
        class: "narrow",
        placeholder: text("messages.wid.hint"),
      }),
      field("key", { type: "search", placeholder: "order:10001", maxlength: 256 }),
      field("text", { type: "search", placeholder: text("messages.text.hint"), maxlength: 256 }),
      field("from", { type: "datetime-local", step: 1, value: fieldValue(this.#filter.from) }),
      field("to", { type: "datetime-local", step: 1, value: fieldValue(this.#filter.to) }),
      element("label", {}, [text("messages.order"), this.#fields.order]),
      element("label", { class: "check" }, [this.#fields.archived, text("messages.archived")]),
      element(
        "button",
        { type: "submit", class: "main", data: { action: "search" } },
        text("search"),
      ),
      element("button", {
        type: "button",
        data: { action: "clear" },
        on: { click: () => this.#clear() },
      }, text("clear")),
      element("button", {
        type: "button",
        data: { action: "replay" },
        title: text("replay.hint"),
        on: {
          click: () => {
            this.#read()
            openReplay(this.#visit, this.#filter)
          },
        },
      }, text("replay.open")),
      element("datalist", { id: "topics" }),
    ])
  }

  #jump() {
    const jump = element("input", {
      type: "text",
      name: "jump",
      autocomplete: "off",
      spellcheck: "false",
      placeholder: text("messages.jump.hint"),
      maxlength: 40,
    })
    return element("form", {
      class: "filter",
      on: {
        submit: (event) => {
          event.preventDefault()
          const name = jump.value.trim().replace(/[\s,.\u00a0]/g, "")
          if (name) location.hash = address("message", name)
        },
      },
    }, [
      element("label", { class: "check" }, [text("messages.jump"), jump]),
      element("button", { type: "submit", data: { action: "jump" } }, text("messages.go")),
    ])
  }

  async #topics() {
    try {
      const { topics } = await this.#visit.hub.get("topics", {}, this.#visit.signal)
      const list = this.#visit.root.querySelector("#topics")
      if (list) {
        fill(
          list,
          topics.slice(0, 500).map(({ topic }) => element("option", { value: topic })),
        )
      }
    } catch { /* Only a convenience. */ }
  }

  #read() {
    for (const name of ["topic", "wid", "key", "text"]) {
      this.#filter[name] = this.#fields[name].value.trim()
    }
    for (const name of ["from", "to"]) {
      this.#filter[name] = fieldTime(this.#fields[name].value) ?? ""
    }
    this.#filter.archived = this.#fields.archived.checked ? "" : "false"
    this.#filter.order = this.#fields.order.value === "oldest" ? "oldest" : ""
  }

  #begin() {
    this.#read()
    note("messages", "", this.#filter)
    this.#pages.begin()
  }

  #clear() {
    for (const name of ["topic", "wid", "key", "text", "from", "to"]) this.#fields[name].value = ""
    this.#fields.archived.checked = true
    this.#fields.order.value = "newest"
    this.#begin()
  }

  /** Slice after slice until a page is full, the end is reached, or the viewer stops it. */
  async #load(token, signal) {
    const found = [], unreadable = []
    let stopped = false
    const stop = new AbortController()
    signal.addEventListener("abort", () => stop.abort(), { once: true, signal: stop.signal })
    const shown = progress(() => {
      stopped = true
      stop.abort()
    })
    const late = setTimeout(() => fill(this.#status, shown.node), 400)
    let next = token, last = null
    try {
      do {
        const answer = await this.#visit.hub.get("messages", {
          ...this.#filter,
          limit: pageSize - found.length,
          pageToken: next,
        }, stop.signal)
        found.push(...answer.messages)
        unreadable.push(...answer.unreadable)
        next = answer.nextPageToken
        last = answer.progress
        shown.show(last, found.length)
      } while (next && found.length < pageSize && !stopped)
    } catch (failure) {
      if (!stopped || signal.aborted) throw failure
    } finally {
      clearTimeout(late)
      stop.abort()
      if (!signal.aborted) fill(this.#status, [])
    }
    return { content: this.#told(found, unreadable, stopped, last, next), next }
  }

  #told(found, unreadable, stopped, last, next) {
    const notes = []
    if (stopped) {
      notes.push(
        element(
          "p",
          { role: "status" },
          text("messages.stopped", { looked: exact(last?.looked ?? 0), of: exact(last?.of ?? 0) }),
        ),
      )
    }
    if (unreadable.length > 0) notes.push(unreadableWords(unreadable))
    if (found.length === 0) return [...notes, this.#none(stopped || next)]
    return [...notes, list(found)]
  }

  #none(more) {
    if (more) return nothing(text("messages.none.yet"))
    const narrowed = ["topic", "wid", "key", "text", "from", "to", "archived"].some((name) =>
      this.#filter[name] !== ""
    )
    return narrowed
      ? nothing(text("messages.none.fit"), element("p", {}, text("messages.none.fit.do")))
      : nothing(text("messages.none"), tryOut())
  }
}

/** @param {Object[]} messages as a search gives them */
export function list(messages) {
  const columns = [
    {
      id: "index",
      title: text("message.index"),
      numeric: true,
      cell: (message) => indexLink(message.index),
    },
    {
      id: "created",
      title: text("message.created"),
      class: "tight",
      cell: (message) => timeElement(message.created),
    },
    { id: "topic", title: text("message.topic"), cell: (message) => topicWords(message.topic) },
    {
      id: "wid",
      title: text("message.wid"),
      numeric: true,
      cell: (message) => widLink(message.wid),
    },
    { id: "key", title: text("message.key"), cell: (message) => keyWords(message.key) },
    {
      id: "body",
      title: text("message.body"),
      class: "grow",
      cell: (message) => glimpse(message.body),
    },
    {
      id: "where",
      title: text("message.where"),
      class: "tight",
      cell: (message) => placeWords(message.where),
    },
  ]
  return sheet({ columns, items: messages, label: text("messages.title") })
}

/** Stretches of the archive of which nobody knows what they hold. */
function unreadableWords(stretches) {
  return element("div", { class: "problem" }, [
    element("p", { class: "problem-title" }, text("messages.unreadable")),
    element(
      "ul",
      {},
      stretches.slice(0, 20).map(({ file, first, last, detail }) =>
        element("li", {}, `${file} ${exact(first)} – ${exact(last)}: ${detail}`)
      ),
    ),
    element(
      "p",
      { class: "problem-do" },
      element("a", { href: address("archive") }, text("messages.unreadable.do")),
    ),
  ])
}
