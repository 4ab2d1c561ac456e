/** What warehouses could not handle: by warehouse, topic, state and error; retried or given up. */
import { element, fill, write } from "./element.js"
import { fieldsOf } from "./filter.js"
import { text } from "./text.js"
import { exact } from "./number.js"
import { timeElement } from "./time.js"
import { note } from "./router.js"
import { Pages } from "./pages.js"
import { nothing, sheet } from "./table.js"
import { open, told } from "./dialog.js"
import { pretty } from "./json.js"
import { indexLink, keyWords, plain, topicWords, widLink } from "./body.js"
import { orderFitting, orderListed } from "./orders.js"

const pageSize = 200
const letterStates = ["open", "dead", "parked", "settled", "done", "dropped", "superseded", "all"]
const settled = ["done", "dropped", "superseded"]

export const title = () => text("letters.title")

/** @param {import("./app.js").Visit} visit */
export function show(visit) {
  new Letters(visit)
  if (visit.route.argument) openLetter(visit, visit.route.argument)
}

class Letters {
  #visit
  #filter
  #fields = {}
  #pages
  #letters = []
  #chosen = new Set()
  #shown = element("div")
  #errors = element("div", {
    class: "chips errors",
    role: "group",
    "aria-label": text("letters.errors"),
  })
  #buttons = {}

  constructor(visit) {
    this.#visit = visit
    const { query } = visit.route
    this.#filter = Object.fromEntries(
      ["wid", "topic", "key", "state", "error"].map((name) => [name, query.get(name) ?? ""]),
    )
    this.#pages = new Pages({
      signal: visit.signal,
      load: (token, signal) => this.#load(token, signal),
    })
    fill(visit.root, [
      element("h1", {}, text("letters.title")),
      this.#form(),
      this.#errors,
      this.#actions(),
      this.#pages.node,
    ])
    this.#pages.begin()
  }

  #form() {
    const field = fieldsOf("letters", this.#filter, this.#fields)
    this.#fields.state = element(
      "select",
      { name: "state" },
      letterStates.map((state) =>
        element(
          "option",
          { value: state, selected: state === (this.#filter.state || "open") },
          text(`letters.state.${state}`),
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
        change: (event) => {
          if (event.target === this.#fields.state) this.#begin()
        },
      },
    }, [
      field("wid", {
        type: "number",
        min: 1,
        max: 2147483647,
        class: "narrow",
        data: { search: "" },
      }),
      field("topic", { type: "search", placeholder: "SaleOrder_*", maxlength: 128 }),
      field("key", { type: "search", placeholder: "order:10001", maxlength: 256 }),
      element("label", {}, [text("letters.state"), this.#fields.state]),
      field("error", { type: "search", placeholder: text("letters.error.hint"), maxlength: 256 }),
      element(
        "button",
        { type: "submit", class: "main", data: { action: "search" } },
        text("filter"),
      ),
    ])
  }

  #actions() {
    const button = (name, properties, click) =>
      this.#buttons[name] = element("button", {
        type: "button",
        data: { action: name },
        on: { click },
        ...properties,
      }, text(`letters.${name}`))
    return element("div", { class: "actions" }, [
      button("retry-chosen", {}, () => this.#orderChosen("retry")),
      button("drop-chosen", {}, () => this.#orderChosen("drop")),
      button("retry-all", {}, () => this.#orderAll("retry")),
      button("drop-all", {}, () => this.#orderAll("drop")),
    ])
  }

  #begin() {
    for (const name of Object.keys(this.#filter)) {
      this.#filter[name] = this.#fields[name].value.trim()
    }
    if (this.#filter.state === "open") this.#filter.state = ""
    note("dead-letters", "", this.#filter)
    this.#pages.begin()
  }

  async #load(token, signal) {
    const letters = []
    let next = token
    do {
      const answer = await this.#visit.hub.get("dead-letters", {
        ...this.#filter,
        limit: pageSize - letters.length,
        pageToken: next,
      }, signal)
      letters.push(...answer.deadLetters)
      next = answer.nextPageToken
    } while (next && letters.length < pageSize)
    this.#letters = letters
    this.#chosen.clear()
    this.#draw()
    return { content: this.#shown, next }
  }

  #draw() {
    this.#groups()
    const narrowed = ["wid", "topic", "key", "state", "error"].some((name) =>
      this.#filter[name] !== ""
    )
    if (this.#letters.length === 0) {
      fill(
        this.#shown,
        nothing(
          text(narrowed ? "letters.none.fit" : "letters.none"),
          element("p", {}, text(narrowed ? "letters.none.fit.do" : "letters.none.do")),
        ),
      )
    } else {fill(
        this.#shown,
        letterSheet(this.#visit, this.#letters, {
          chosen: this.#chosen,
          changed: () => this.#count(),
          again: () => this.#pages.again(),
        }),
      )}
    this.#count()
  }

  /** The commonest errors, first lines only: pressed, one is what is shown. */
  #groups() {
    const groups = new Map()
    for (const { error } of this.#letters) {
      const line = error.split("\n", 1)[0].slice(0, 120)
      if (line) groups.set(line, (groups.get(line) ?? 0) + 1)
    }
    const most = [...groups].sort((one, other) => other[1] - one[1]).slice(0, 8)
    fill(
      this.#errors,
      most.map(([line, number]) => {
        const on = this.#filter.error === line
        return element("button", {
          type: "button",
          class: "chip",
          "aria-pressed": String(on),
          title: line,
          on: {
            click: () => {
              this.#fields.error.value = on ? "" : line
              this.#filter.error = this.#fields.error.value
              note("dead-letters", "", this.#filter)
              this.#pages.begin()
            },
          },
        }, [
          element("bdi", { class: "cut" }, line),
          " ",
          element("span", { class: "number" }, exact(number)),
        ])
      }),
    )
  }

  #count() {
    const chosen = this.#chosen.size
    for (const name of ["retry-chosen", "drop-chosen"]) {
      this.#buttons[name].disabled = chosen === 0
      write(
        this.#buttons[name],
        chosen === 0
          ? text(`letters.${name}`)
          : text(`letters.${name}.n`, { n: chosen, shown: exact(chosen) }),
      )
    }
    const whole = !["settled", "all", ...settled].includes(this.#filter.state)
    for (const name of ["retry-all", "drop-all"]) {
      this.#buttons[name].disabled = !whole || this.#letters.length === 0
      this.#buttons[name].title = whole ? "" : text("letters.all.not")
    }
  }

  #orderChosen(action) {
    const letters = this.#letters.filter(({ n }) => this.#chosen.has(n))
    orderListed(this.#visit, action, letters, () => this.#pages.again())
  }

  #orderAll(action) {
    const { wid, topic, key, error, state } = this.#filter
    const filter = {}
    if (wid) filter.wid = Number(wid)
    if (topic) filter.topic = topic
    if (key) filter.key = key
    if (error) filter.error = error
    if (state === "parked") filter.state = "parked"
    orderFitting(this.#visit, action, filter, () => this.#pages.again())
  }
}

/**
 * @param {Object[]} letters
 * @param {{chosen?: Set<number>, changed?: () => void, again: () => void}} options without `chosen`
 *   none can be chosen
 */
export function letterSheet(visit, letters, { chosen, changed, again }) {
  const columns = [
    {
      id: "n",
      title: text("letters.n"),
      numeric: true,
      cell: (letter) =>
        element("button", {
          type: "button",
          class: "link number",
          data: { action: "letter" },
          on: { click: () => openLetter(visit, letter.n, again) },
        }, exact(letter.n)),
    },
    { id: "wid", title: text("letters.wid"), numeric: true, cell: (letter) => widLink(letter.wid) },
    { id: "state", title: text("letters.state"), class: "tight", cell: letterState },
    {
      id: "index",
      title: text("message.index"),
      numeric: true,
      cell: (letter) => indexLink(letter.index),
    },
    { id: "topic", title: text("letters.topic"), cell: (letter) => topicWords(letter.topic) },
    { id: "key", title: text("letters.key"), cell: (letter) => keyWords(letter.key) },
    {
      id: "error",
      title: text("letters.error"),
      class: "grow",
      cell: (letter) =>
        element(
          "bdi",
          { class: "cut", title: plain(letter.error.slice(0, 2000)) },
          plain(letter.error.split("\n", 1)[0].slice(0, 300)) || "–",
        ),
    },
    {
      id: "tries",
      title: text("letters.tries"),
      numeric: true,
      cell: (letter) => exact(letter.tries),
    },
    {
      id: "lastAt",
      title: text("letters.lastAt"),
      class: "tight",
      cell: (letter) => timeElement(letter.lastAt),
    },
    {
      id: "order",
      title: element("span", { class: "hidden" }, text("actions")),
      class: "tight",
      cell: (letter) => orderButtons(visit, letter, again),
    },
  ]
  if (!chosen) {
    return sheet({
      columns: columns.filter((column) => column.id !== "wid"),
      items: letters,
      row: (letter) => ({ data: { letter: letter.n } }),
      label: text("letters.title"),
    })
  }
  const boxes = []
  const all = element("input", {
    type: "checkbox",
    "aria-label": text("letters.choose.all"),
    on: {
      change: () => {
        for (const { box, letter } of boxes) {
          box.checked = all.checked
          if (all.checked) chosen.add(letter.n)
          else chosen.delete(letter.n)
        }
        changed()
      },
    },
  })
  const choice = {
    id: "choose",
    title: all,
    class: "tight",
    cell: (letter) => {
      if (settled.includes(letter.state)) return ""
      const box = element("input", {
        type: "checkbox",
        checked: chosen.has(letter.n),
        "aria-label": text("letters.choose", { n: letter.n }),
        on: {
          change: () => {
            if (box.checked) chosen.add(letter.n)
            else chosen.delete(letter.n)
            changed()
          },
        },
      })
      boxes.push({ box, letter })
      return box
    },
  }
  return sheet({
    columns: [choice, ...columns],
    items: letters,
    row: (letter) => ({ data: { letter: letter.n, wid: letter.wid } }),
    label: text("letters.title"),
  })
}

function letterState(letter) {
  const kind = { dead: "silent", parked: "lagging", done: "ok" }[letter.state] ?? "retired"
  const sign = { dead: "✕", parked: "‖", done: "✓", dropped: "–", superseded: "⇒" }[letter.state] ??
    "?"
  return [
    element("span", { class: "state", data: { state: kind } }, [
      element("span", { class: "sign", "aria-hidden": "true" }, sign),
      text(`letters.state.${letter.state}`),
    ]),
    letter.action
      ? element(
        "span",
        { class: "quiet", title: text("letters.ordered.hint") },
        ` · ${text(`letters.ordered.${letter.action}`)}`,
      )
      : null,
  ]
}

function orderButtons(visit, letter, again) {
  if (settled.includes(letter.state)) return ""
  const button = (action) =>
    element("button", {
      type: "button",
      class: "small",
      data: { action },
      disabled: letter.action === action,
      on: { click: () => orderListed(visit, action, [letter], again) },
    }, text(`letters.${action}`))
  return [letter.state === "parked" ? null : button("retry"), " ", button("drop")]
}

/** Everything about one letter. */
async function openLetter(visit, n, again = () => {}) {
  const place = element("div", {}, text("loading"))
  const { dialog, ended } = open({
    title: text("letters.one", { n }),
    content: place,
    signal: visit.signal,
  })
  dialog.classList.add("broad")
  try {
    const letter = await visit.hub.get(`dead-letters/${encodeURIComponent(n)}`, {}, ended)
    const facts = [
      ["wid", widLink(letter.wid)],
      ["state", letterState(letter)],
      ["topic", element("bdi", {}, letter.topic)],
      ["key", keyWords(letter.key)],
      ["message", indexLink(letter.index)],
      ["tries", exact(letter.tries)],
      ["firstAt", timeElement(letter.firstAt)],
      ["lastAt", timeElement(letter.lastAt)],
      ["reported", timeElement(letter.reported)],
      ["settled", timeElement(letter.settled)],
    ]
    fill(place, [
      element(
        "dl",
        { class: "facts" },
        facts.map(([name, value]) =>
          element("div", {}, [
            element("dt", {}, text(`letters.${name}`)),
            element("dd", { data: { field: name } }, value),
          ])
        ),
      ),
      element("h3", {}, text("letters.error")),
      element("pre", { tabindex: "0" }, plain(letter.error) || "–"),
      ...(letter.body === "null"
        ? []
        : [element("h3", {}, text("message.body")), pretty(letter.body)]),
      element("div", { class: "actions" }, orderButtons(visit, letter, again)),
    ])
    for (const link of place.querySelectorAll("a")) {
      link.addEventListener("click", () => dialog.close())
    }
  } catch (problem) {
    if (!ended.aborted) fill(place, told(problem))
  }
}
