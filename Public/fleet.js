/** All warehouses: how they are, and which one needs somebody. */
import { element, fill, mark, write } from "./element.js"
import { known, text } from "./text.js"
import { exact, place, rate, short } from "./number.js"
import { ago, hubNow, moment, span, universal } from "./time.js"
import { address, note } from "./router.js"
import { nothing, Table, tell } from "./table.js"
import { Figures } from "./figures.js"
import { Heat } from "./heat.js"
import { gravity, showState, signs, stateBadge, states } from "./state.js"
import { showTrend, trendLine } from "./trend.js"
import { tryOut } from "./help.js"

export const title = () => text("fleet.title")

/** Pulls expected of a warehouse of which nobody has said how often, in seconds. */
const expectedUsually = 180
/** A clock this far off, in milliseconds, is worth a look. */
const skewed = 60_000

/** @param {import("./app.js").Visit} visit */
export function show(visit) {
  new Fleet(visit)
}

class Fleet {
  #visit
  #live
  #table
  #heat
  #sort
  #descending
  #filter
  #chips = new Map()
  #figures = new Figures([
    "head",
    "publishRate",
    "pullRate",
    "lagMessages",
    "lagSeconds",
    "deadLetters",
    "storeBytes",
    "freeBytes",
  ])
  #order = new Map()
  #search
  #count = element("span", { class: "quiet", data: { field: "shown" } })
  #full = element("div", { class: "fleet" })
  #tableSpot = element("div", { class: "table-spot" })
  #none = null
  #measured = false

  constructor(visit) {
    this.#visit = visit
    this.#live = visit.live
    const query = visit.route.query
    this.#filter = {
      words: query.get("search") ?? "",
      states: new Set((query.get("state") ?? "").split(",").filter(Boolean)),
    }
    this.#sort = columns.some((column) => column.id === query.get("sort"))
      ? query.get("sort")
      : "state"
    this.#descending = query.get("order") !== "rising"
    this.#heat = new Heat(visit.signal)
    this.#table = new Table({
      columns: columns.map((column) => ({
        ...column,
        title: text(`fleet.${column.id}`),
        hint: hint(column.id),
      })),
      key: (warehouse) => warehouse.wid,
      dress: (row, warehouse) => {
        mark(row, "data-wid", warehouse.wid)
        mark(row, "data-state", warehouse.state)
      },
      label: text("fleet.title"),
      sort: (column) => this.#orderBy(column),
      signal: visit.signal,
    })
    this.#table.sorted(this.#sort, this.#descending)
    this.#tableSpot.append(this.#table.node)
    fill(this.#full, [
      element("h1", { class: "hidden" }, text("fleet.title")),
      this.#figures.node,
      this.#heat.node,
      this.#controls(),
      this.#tableSpot,
    ])
    fill(visit.root, [element("p", { class: "loading", role: "status" }, text("loading"))])
    if (this.#live.complete) this.#update()
    this.#live.on("fleet", () => this.#update(), visit.signal)
    this.#live.on("traffic", () => this.#traffic(), visit.signal)
    this.#live.on("state", () => this.#trouble(), visit.signal)
    this.#trouble()
    const clock = setInterval(() => this.#table.refresh(), 1000)
    visit.signal.addEventListener("abort", () => clearInterval(clock))
  }

  /** Nothing has come yet and the hub does not answer: say so in place of "loading". */
  #trouble() {
    if (this.#live.complete || this.#live.state !== "away") return
    fill(this.#visit.root, nothing(text("live.away"), element("p", {}, text("problem.away.do"))))
  }

  #controls() {
    this.#search = element("input", {
      type: "search",
      value: this.#filter.words,
      placeholder: text("fleet.search"),
      "aria-label": text("fleet.search"),
      data: { search: "" },
      autocomplete: "off",
      spellcheck: "false",
      maxlength: 128,
      on: {
        input: () => {
          this.#filter.words = this.#search.value
          this.#changed()
        },
      },
    })
    const chips = states.map((state) => {
      const number = element("span", { class: "number" })
      const chip = element("button", {
        type: "button",
        class: "chip",
        data: { state },
        "aria-pressed": String(this.#filter.states.has(state)),
        title: text(`state.${state}.hint`),
        on: { click: () => this.#toggle(state) },
      }, [
        element("span", { class: "sign", "aria-hidden": "true" }, signs[state]),
        " ",
        text(`state.${state}`),
        " ",
        number,
      ])
      this.#chips.set(state, { chip, number })
      return chip
    })
    return element("div", { class: "controls" }, [
      this.#search,
      element("div", { class: "chips", role: "group", "aria-label": text("fleet.filter") }, chips),
      this.#count,
    ])
  }

  #toggle(state) {
    const wanted = this.#filter.states
    if (!wanted.delete(state)) wanted.add(state)
    this.#chips.get(state).chip.setAttribute("aria-pressed", String(wanted.has(state)))
    this.#changed()
  }

  #orderBy(column) {
    if (this.#sort === column) this.#descending = !this.#descending
    else {
      this.#sort = column
      this.#descending = columns.find((one) => one.id === column).falling ?? true
    }
    this.#table.sorted(this.#sort, this.#descending)
    this.#changed()
  }

  #changed() {
    note("fleet", "", {
      search: this.#filter.words,
      state: [...this.#filter.states].join(","),
      sort: this.#sort === "state" ? "" : this.#sort,
      order: this.#descending ? "" : "rising",
    })
    this.#update(true)
  }

  #fits(warehouse) {
    const { words, states: wanted } = this.#filter
    if (wanted.size > 0 && !wanted.has(warehouse.state)) return false
    if (words === "") return true
    const sought = words.toLowerCase()
    return String(warehouse.wid).startsWith(sought) ||
      [
        warehouse.name,
        warehouse.session,
        warehouse.client?.name,
        warehouse.client?.version,
        warehouse.client?.host,
      ]
        .some((part) => part && part.toLowerCase().includes(sought))
  }

  #update(anew = false) {
    const started = performance.now()
    const all = [...this.#live.warehouses.values()]
    if (all.length === 0) return this.#empty()
    if (this.#none || !this.#full.isConnected) {
      this.#none = null
      fill(this.#visit.root, this.#full)
    }
    const fits = (warehouse) => this.#fits(warehouse)
    this.#heat.show(all, fits)
    this.#table.show(this.#sorted(all.filter(fits), anew))
    this.#totals(all)
    performance.clearMeasures("fleet-updated")
    performance.measure("fleet-updated", { start: started, end: performance.now() })
    if (!this.#measured) this.#rendered()
  }

  /** The order rests while the viewer points at a row: it must not move away under the finger. */
  #sorted(shown, anew) {
    const rests = !anew && this.#table.held
    const column = columns.find((one) => one.id === this.#sort)
    const way = this.#descending ? -1 : 1
    const last = this.#order
    if (rests) shown.sort((one, other) => (last.get(one.wid) ?? 1e9) - (last.get(other.wid) ?? 1e9))
    else {shown.sort((one, other) =>
        way * compare(column.sort(one), column.sort(other)) || one.wid - other.wid
      )}
    this.#order = new Map(shown.map((warehouse, at) => [warehouse.wid, at]))
    return shown
  }

  #totals(all) {
    const counts = Object.fromEntries(states.map((state) => [state, 0]))
    const sum = { lagMessages: 0, lagSeconds: 0, deadLetters: 0 }
    for (const warehouse of all) {
      counts[warehouse.state] = (counts[warehouse.state] ?? 0) + 1
      sum.deadLetters += warehouse.deadLetters
      if (warehouse.state === "retired") continue
      sum.lagMessages += warehouse.lag.messages
      sum.lagSeconds = Math.max(sum.lagSeconds, warehouse.lag.seconds)
    }
    for (const [state, { chip, number }] of this.#chips) {
      write(number, exact(counts[state]))
      mark(chip, "data-none", counts[state] === 0 ? "" : null)
    }
    write(
      this.#count,
      text("fleet.shown", { shown: exact(this.#order.size), all: exact(all.length) }),
    )
    for (const [name, value] of Object.entries(sum)) this.#figures.show(name, value)
    this.#figures.show("head", this.#live.head)
    if (!this.#live.traffic) {
      for (const name of ["publishRate", "pullRate", "storeBytes", "freeBytes"]) {
        this.#figures.show(name, null)
      }
    }
  }

  #traffic() {
    for (const name of ["head", "publishRate", "pullRate", "storeBytes", "freeBytes"]) {
      this.#figures.show(name, this.#live.traffic[name])
    }
  }

  #empty() {
    if (this.#none) return
    this.#none = nothing(text("fleet.none"), element("p", {}, text("fleet.none.do")), tryOut())
    fill(this.#visit.root, this.#none)
  }

  #rendered() {
    this.#measured = true
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        performance.mark("fleet-rendered")
        performance.measure("fleet-rendered", { start: 0, end: performance.now() })
        document.documentElement.dataset.rendered = "fleet"
      })
    )
  }
}

function hint(column) {
  return known(`fleet.${column}.hint`) ? text(`fleet.${column}.hint`) : null
}

function compare(one, other) {
  if (typeof one === "string") return one.localeCompare(other)
  return one === other ? 0 : one < other ? -1 : 1
}

const orLow = (value, low = -1) => value ?? low

function age(warehouse) {
  return warehouse.lastPull ? hubNow() - Date.parse(warehouse.lastPull) : Infinity
}

function clientWords({ client }) {
  return [client?.name, client?.version].filter(Boolean).join(" ")
}

/** @type {(import("./table.js").Column & {sort: (warehouse: Object) => any, falling?: boolean})[]} */
const columns = [
  {
    id: "warehouse",
    width: 196,
    falling: false,
    sort: (warehouse) => warehouse.wid,
    build: (cell) =>
      cell.append(
        element("a", {}, [element("span", { class: "wid" }), element("bdi", { class: "name" })]),
      ),
    show(cell, warehouse) {
      const link = cell.firstChild
      mark(link, "href", address("warehouse", warehouse.wid))
      write(link.firstChild, warehouse.wid)
      write(link.lastChild, warehouse.name)
      mark(cell, "title", `${warehouse.wid} ${warehouse.name}`)
    },
  },
  {
    id: "state",
    width: 108,
    sort: (warehouse) => gravity(warehouse.state) * 1e12 + warehouse.lag.seconds,
    build: (cell) => cell.append(stateBadge()),
    show: (cell, warehouse) => showState(cell.firstChild, warehouse.state),
  },
  {
    id: "lag",
    width: 84,
    numeric: true,
    sort: (warehouse) => warehouse.lag.messages,
    show: (cell, { lag }) => {
      tell(cell, short(lag.messages), exact(lag.messages))
      mark(cell, "data-zero", lag.messages === 0 ? "" : null)
    },
  },
  {
    id: "lagTime",
    width: 86,
    numeric: true,
    sort: (warehouse) => warehouse.lag.seconds,
    show: (cell, { lag }) => {
      tell(cell, span(lag.seconds), text("span.seconds", { n: exact(lag.seconds) }))
      mark(cell, "data-zero", lag.seconds === 0 ? "" : null)
    },
  },
  {
    id: "trend",
    width: 90,
    plain: true,
    sort: () => 0,
    build: (cell) => cell.append(trendLine()),
    show(cell, { trend = [] }) {
      showTrend(cell.firstChild, trend)
      mark(
        cell,
        "title",
        trend.length > 1
          ? text("fleet.trend.told", {
            n: trend.length,
            from: exact(trend[0]),
            to: exact(trend[trend.length - 1]),
          })
          : null,
      )
    },
  },
  {
    id: "rate",
    width: 66,
    numeric: true,
    sort: (warehouse) => warehouse.ratePerSecond,
    show: (cell, warehouse) => {
      tell(cell, rate(warehouse.ratePerSecond), exact(warehouse.ratePerSecond))
      mark(cell, "data-zero", warehouse.ratePerSecond === 0 ? "" : null)
    },
  },
  {
    id: "drain",
    width: 88,
    numeric: true,
    sort: (warehouse) => warehouse.lag.messages === 0 ? 0 : orLow(warehouse.drainSeconds, Infinity),
    show(cell, { lag, drainSeconds }) {
      const never = lag.messages > 0 && drainSeconds === null
      tell(
        cell,
        lag.messages === 0 ? "–" : never ? "∞" : span(drainSeconds),
        never ? text("fleet.drain.never") : null,
      )
    },
  },
  {
    id: "lastSeen",
    width: 146,
    numeric: true,
    sort: age,
    build: (cell) => cell.append(element("span"), element("span", { class: "quiet" })),
    show(cell, warehouse) {
      const expected = warehouse.expectEverySeconds || expectedUsually
      write(cell.firstChild, ago(warehouse.lastPull))
      write(cell.lastChild, ` / ${span(expected)}`)
      mark(
        cell,
        "data-late",
        age(warehouse) > expected * 1000 && warehouse.lastPull && warehouse.state === "silent"
          ? ""
          : null,
      )
      mark(
        cell,
        "title",
        warehouse.lastPull
          ? `${moment(warehouse.lastPull)} · ${universal(warehouse.lastPull)}`
          : null,
      )
    },
  },
  {
    id: "committed",
    width: 96,
    numeric: true,
    sort: (warehouse) => warehouse.committed,
    show: (cell, { committed }) => tell(cell, place(committed), exact(committed)),
  },
  {
    id: "delivered",
    width: 96,
    numeric: true,
    sort: (warehouse) => warehouse.delivered,
    show: (cell, { delivered }) => tell(cell, place(delivered), exact(delivered)),
  },
  {
    id: "dead",
    width: 72,
    numeric: true,
    sort: (warehouse) => warehouse.deadLetters * 1e6 + warehouse.parked,
    build: (cell) => cell.append(element("span"), element("span", { class: "quiet" })),
    show(cell, { deadLetters, parked }) {
      write(cell.firstChild, short(deadLetters))
      write(cell.lastChild, parked > 0 ? ` + ${short(parked)}` : "")
      mark(cell, "data-zero", deadLetters === 0 && parked === 0 ? "" : null)
      mark(cell, "data-bad", deadLetters > 0 ? "" : null)
      mark(
        cell,
        "title",
        text("fleet.dead.told", { dead: exact(deadLetters), parked: exact(parked) }),
      )
    },
  },
  {
    id: "session",
    width: 98,
    falling: false,
    sort: (warehouse) => warehouse.session ?? "\uffff",
    show: (cell, { session }) => tell(cell, session ?? "–"),
  },
  {
    id: "client",
    width: 104,
    falling: false,
    sort: clientWords,
    show: (cell, warehouse) =>
      tell(
        cell,
        clientWords(warehouse) || "–",
        [clientWords(warehouse), warehouse.client?.host].filter(Boolean).join(" · "),
      ),
  },
  {
    id: "skew",
    width: 72,
    numeric: true,
    sort: (warehouse) => Math.abs(orLow(warehouse.clockSkew, 0)),
    show(cell, { clockSkew }) {
      tell(cell, skewWords(clockSkew), clockSkew === null ? "" : `${exact(clockSkew)} ms`)
      mark(cell, "data-late", Math.abs(clockSkew ?? 0) > skewed ? "" : null)
    },
  },
]

/** How far a client's clock is ahead of the hub's. */
export function skewWords(milliseconds) {
  if (milliseconds === null || milliseconds === undefined) return "–"
  const sign = milliseconds < 0 ? "−" : milliseconds > 0 ? "+" : ""
  const size = Math.abs(milliseconds)
  if (size < 1000) return `${sign}${exact(size)} ms`
  return sign +
    (size < 10_000
      ? text("span.seconds", { n: exact(Math.round(size / 100) / 10) })
      : span(size / 1000))
}
