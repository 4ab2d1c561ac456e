/** One warehouse: where it is, what is next, where it was, and what an operator can do with it. */
import { element, fill, mark, write } from "./element.js"
import { text } from "./text.js"
import { bytes, exact, place, rate, short } from "./number.js"
import { ago, moment, span, timeElement, universal } from "./time.js"
import { address, note } from "./router.js"
import { Chart, rangeSwitch } from "./chart.js"
import { Pages } from "./pages.js"
import { loading, told } from "./dialog.js"
import { nothing, sheet } from "./table.js"
import { showState, stateBadge } from "./state.js"
import { skewWords } from "./fleet.js"
import { glimpse, indexLink, keyWords, topicWords } from "./body.js"
import { letterSheet } from "./letters.js"
import { actions, openSeek } from "./operator.js"

export const title = () => text("warehouse.title")

/** @param {import("./app.js").Visit} visit */
export function show(visit) {
  new Sight(visit)
}

class Sight {
  #visit
  #wid
  #now = null
  #heading = element("bdi", { data: { field: "name" } })
  #badge = stateBadge()
  #actions = element("div", { class: "actions" })
  #shownFor = ""
  #figures = {}
  #trouble = element("div")
  #lag
  #position
  #range
  #line
  #after
  #field
  #letters = element("div")

  constructor(visit) {
    this.#visit = visit
    const { route, signal, root, live } = visit
    this.#wid = Number(route.argument)
    if (!Number.isInteger(this.#wid) || this.#wid < 1) {
      return void fill(
        root,
        nothing(text("warehouse.not"), element("a", { href: address("fleet") }, text("nav.fleet"))),
      )
    }
    visit.entitle(`${text("warehouse.title")} ${this.#wid}`)
    this.#range = route.query.get("range") ?? "hour"
    this.#after = route.query.get("after") ?? ""
    fill(root, [
      this.#top(),
      this.#trouble,
      this.#numbers(),
      this.#charts(),
      ...this.#messages(),
      element("h2", {}, text("letters.title")),
      this.#letters,
    ])
    live.on("fleet", (news) => {
      if (news.full || news.warehouses.some(({ wid }) => wid === this.#wid)) {
        this.#told(live.warehouses.get(this.#wid))
      }
    }, signal)
    this.#told(live.warehouses.get(this.#wid))
    this.#refresh()
    this.#history()
    this.#line.begin()
    this.#loadLetters()
    this.#every(1000, () => this.#show())
    this.#every(30_000, () => this.#history())
  }

  #every(milliseconds, action) {
    const timer = setInterval(() => {
      if (!document.hidden) action()
    }, milliseconds)
    this.#visit.signal.addEventListener("abort", () => clearInterval(timer))
  }

  #top() {
    return element("div", { class: "top", data: { wid: this.#wid } }, [
      element("h1", {}, [
        element("span", { class: "number" }, String(this.#wid)),
        " ",
        this.#heading,
      ]),
      this.#badge,
      this.#actions,
    ])
  }

  /** Right after an action: the stream tells it, too, but up to a second later. */
  async #refresh() {
    const { hub, signal } = this.#visit
    try {
      this.#told(await hub.get(`warehouses/${this.#wid}`, {}, signal))
      fill(this.#trouble, [])
    } catch (problem) {
      if (signal.aborted) return
      fill(this.#trouble, told(problem))
      if (problem.code === "unknown_warehouse") {
        this.#offer({ wid: this.#wid, name: "", expectEverySeconds: 0, session: null })
      }
    }
  }

  #told(warehouse) {
    if (!warehouse) return
    const moved = this.#now && warehouse.committed !== this.#now.committed
    const dead = this.#now &&
      (warehouse.deadLetters !== this.#now.deadLetters || warehouse.parked !== this.#now.parked)
    this.#now = warehouse
    this.#show()
    this.#offer(warehouse)
    if (moved && this.#after === "") this.#line.again()
    if (dead) this.#loadLetters()
  }

  /** The buttons that fit, anew only when others do: one that has the focus keeps it. */
  #offer({ state, session }) {
    const name = `${state} ${session !== null}`
    if (name === this.#shownFor) return
    this.#shownFor = name
    fill(
      this.#actions,
      actions({
        visit: this.#visit,
        warehouse: () => this.#now ?? { wid: this.#wid, name: "", expectEverySeconds: 0 },
        changed: () => this.#refresh(),
      }),
    )
  }

  #numbers() {
    const names = [
      "lag",
      "lagTime",
      "rate",
      "drain",
      "committed",
      "delivered",
      "head",
      "lastSeen",
      "expected",
      "lastCommit",
      "session",
      "client",
      "host",
      "skew",
      "dead",
      "registered",
    ]
    const small = new Set([
      "lastCommit",
      "session",
      "client",
      "host",
      "registered",
      "skew",
      "expected",
    ])
    return element(
      "dl",
      { class: "figures" },
      names.map((name) => {
        this.#figures[name] = element("dd", {
          data: { field: name },
          class: small.has(name) ? "small" : null,
        }, "–")
        return element("div", {}, [
          element("dt", {}, text(`warehouse.${name}`)),
          this.#figures[name],
        ])
      }),
    )
  }

  #show() {
    const now = this.#now
    if (!now) return
    write(this.#heading, now.name)
    showState(this.#badge, now.state)
    const set = (name, words, hint) => write(this.#figures[name], words, hint ?? "")
    const time = (iso) => iso ? `${moment(iso)} · ${universal(iso)}` : ""
    set("lag", short(now.lag.messages), exact(now.lag.messages))
    set("lagTime", span(now.lag.seconds), text("span.seconds", { n: exact(now.lag.seconds) }))
    set("rate", text("perSecond", { shown: rate(now.ratePerSecond) }), exact(now.ratePerSecond))
    set(
      "drain",
      now.lag.messages === 0 ? "–" : now.drainSeconds === null ? "∞" : span(now.drainSeconds),
      now.lag.messages > 0 && now.drainSeconds === null ? text("fleet.drain.never") : "",
    )
    for (const name of ["committed", "delivered", "head"]) {
      set(name, place(now[name]), exact(now[name]))
    }
    set(
      "lastSeen",
      now.lastPull ? text("ago", { shown: ago(now.lastPull) }) : "–",
      time(now.lastPull),
    )
    set(
      "expected",
      now.expectEverySeconds
        ? text("every", { shown: span(now.expectEverySeconds) })
        : text("warehouse.expected.none"),
    )
    set(
      "lastCommit",
      now.lastCommit ? text("ago", { shown: ago(now.lastCommit) }) : "–",
      time(now.lastCommit),
    )
    set("session", now.session ?? text("warehouse.session.none"), now.session)
    set(
      "client",
      [now.client?.name, now.client?.version].filter(Boolean).join(" ") || "–",
      now.client?.version,
    )
    set("host", now.client?.host || "–", now.client?.host)
    set(
      "skew",
      skewWords(now.clockSkew),
      now.clockSkew === null ? "" : `${exact(now.clockSkew)} ms`,
    )
    set(
      "dead",
      now.parked > 0 ? `${short(now.deadLetters)} + ${short(now.parked)}` : short(now.deadLetters),
      text("fleet.dead.told", { dead: exact(now.deadLetters), parked: exact(now.parked) }),
    )
    set("registered", moment(now.registered), time(now.registered))
    mark(this.#figures.dead, "data-bad", now.deadLetters > 0 ? "" : null)
    mark(this.#figures.lastSeen, "data-late", now.state === "silent" ? "" : null)
    mark(this.#figures.skew, "data-late", Math.abs(now.clockSkew ?? 0) > 60_000 ? "" : null)
  }

  #charts() {
    const { signal } = this.#visit
    this.#lag = new Chart({
      label: text("figure.lagMessages.one"),
      format: short,
      signal,
      series: [{ name: text("fleet.lag"), colour: "two", value: (sample) => sample.lag }],
    })
    this.#position = new Chart({
      label: text("warehouse.position"),
      format: place,
      zero: false,
      signal,
      series: [
        { name: text("fleet.delivered"), colour: "one", value: (sample) => sample.delivered },
        { name: text("fleet.committed"), colour: "three", value: (sample) => sample.committed },
      ],
    })
    return element("section", {}, [
      element("div", { class: "top" }, [
        element("h2", {}, text("warehouse.time")),
        rangeSwitch(this.#range, (range) => {
          this.#range = range
          this.#noted()
          this.#history()
        }),
      ]),
      element("div", { class: "charts" }, [this.#lag.node, this.#position.node]),
    ])
  }

  async #history() {
    const { hub, signal } = this.#visit
    const range = this.#range
    try {
      const { samples, from, to, step } = await hub.get(`warehouses/${this.#wid}/history`, {
        range,
      }, signal)
      if (range !== this.#range) return
      this.#lag.show(samples, from, to, step)
      this.#position.show(samples, from, to, step)
    } catch { /* The charts stay as they are; the figures tell what is wrong. */ }
  }

  #noted() {
    note("warehouse", this.#wid, {
      range: this.#range === "hour" ? "" : this.#range,
      after: this.#after,
    })
  }

  #messages() {
    const { signal } = this.#visit
    this.#line = new Pages({ signal, load: (token, turn) => this.#stretch(token, turn) })
    this.#field = element("input", {
      type: "text",
      inputmode: "numeric",
      pattern: "[0-9]*",
      value: this.#after,
      placeholder: text("warehouse.after.hint"),
      data: { search: "" },
    })
    const form = element("form", {
      class: "filter",
      on: {
        submit: (event) => {
          event.preventDefault()
          this.#after = this.#field.value.trim()
          this.#noted()
          this.#line.begin()
        },
      },
    }, [
      element("label", {}, [text("warehouse.after"), this.#field]),
      element("button", { type: "submit", data: { action: "line" } }, text("messages.go")),
    ])
    return [element("h2", {}, text("warehouse.line")), form, this.#line.node]
  }

  async #stretch(token, signal) {
    const { hub } = this.#visit
    const answer = await hub.get(`warehouses/${this.#wid}/messages`, {
      after: token ?? this.#after,
      limit: 50,
    }, signal)
    const next = answer.more ? String(answer.next) : null
    if (answer.messages.length === 0) {
      const done = !answer.more
      return {
        content: nothing(
          text(done ? "warehouse.line.done" : "warehouse.line.none"),
          element("p", {}, text(done ? "warehouse.line.done.do" : "warehouse.line.none.do")),
        ),
        next,
      }
    }
    const columns = [
      {
        id: "step",
        title: text("warehouse.step"),
        class: "tight",
        cell: (message) => this.#step(message),
      },
      {
        id: "index",
        title: text("message.index"),
        numeric: true,
        cell: (message) => indexLink(message.index),
      },
      {
        id: "ordinal",
        title: text("message.ordinal"),
        numeric: true,
        cell: (message) => exact(message.ordinal),
      },
      { id: "topic", title: text("message.topic"), cell: (message) => topicWords(message.topic) },
      {
        id: "for",
        title: text("message.for"),
        class: "tight",
        cell: (message) =>
          message.wid === 0
            ? element("span", { class: "quiet" }, text("wid.all"))
            : text("wid.own"),
      },
      { id: "key", title: text("message.key"), cell: (message) => keyWords(message.key) },
      {
        id: "body",
        title: text("message.body"),
        class: "grow",
        cell: (message) => glimpse(message.body),
      },
      {
        id: "created",
        title: text("message.created"),
        class: "tight",
        cell: (message) => timeElement(message.created),
      },
      {
        id: "size",
        title: text("message.size"),
        numeric: true,
        cell: (message) => bytes(new Blob([message.body]).size),
      },
      {
        id: "here",
        title: element("span", { class: "hidden" }, text("actions")),
        class: "tight",
        cell: (message) =>
          element("button", {
            type: "button",
            class: "small",
            data: { action: "seek-here" },
            title: text("seek.here.hint"),
            on: {
              click: () =>
                openSeek({
                  visit: this.#visit,
                  warehouse: () => this.#now ?? { wid: this.#wid },
                  changed: () => this.#refresh(),
                  to: String(message.index),
                }),
            },
          }, text("seek.here")),
      },
    ]
    return {
      content: sheet({
        columns,
        items: answer.messages,
        row: (message) => ({ data: { index: message.index } }),
        label: text("warehouse.line"),
      }),
      next,
    }
  }

  /** Where a message stands to the warehouse's place. */
  #step({ index }) {
    const { committed = 0, delivered = 0 } = this.#now ?? {}
    const step = index <= committed ? "done" : index <= delivered ? "out" : "next"
    const sign = { done: "✓", out: "→", next: "…" }[step]
    return element("span", {
      class: "state",
      data: { state: { done: "ok", out: "paused", next: "never" }[step], step },
    }, [
      element("span", { class: "sign", "aria-hidden": "true" }, sign),
      text(`warehouse.step.${step}`),
    ])
  }

  async #loadLetters() {
    const visit = this.#visit
    await loading(this.#letters, visit.signal, async () => {
      const { deadLetters, nextPageToken } = await visit.hub.get("dead-letters", {
        wid: this.#wid,
        limit: 20,
      }, visit.signal)
      if (deadLetters.length === 0) {
        return element("p", { class: "quiet" }, text("warehouse.letters.none"))
      }
      const all = element(
        "a",
        { href: address("dead-letters", "", { wid: this.#wid }) },
        text(nextPageToken ? "warehouse.letters.more" : "warehouse.letters.page"),
      )
      return [
        letterSheet(visit, deadLetters, { again: () => this.#loadLetters() }),
        element("p", {}, all),
      ]
    })
  }
}
