/** How much flows, how far all are behind, and how long the disk lasts. */
import { element, fill } from "./element.js"
import { text } from "./text.js"
import { bytes, exact, percent, rate, short } from "./number.js"
import { hubNow, span, timeElement } from "./time.js"
import { address, note } from "./router.js"
import { Figures } from "./figures.js"
import { Chart, ranges, rangeSwitch } from "./chart.js"
import { loading, told } from "./dialog.js"
import { nothing, sheet } from "./table.js"
import { indexLink, topicWords } from "./body.js"
import { tryOut } from "./help.js"

const mostTopics = 500
const again = { hour: 10_000, day: 60_000, week: 300_000 }

export const title = () => text("traffic.title")

/** @param {import("./app.js").Visit} visit */
export function show(visit) {
  new Traffic(visit)
}

class Traffic {
  #visit
  #range
  #figures = new Figures([
    "head",
    "publishRate",
    "pullRate",
    "commitRate",
    "lagMessages",
    "lagSeconds",
    "storeBytes",
    "archiveBytes",
    "freeBytes",
  ])
  #charts
  #disk = element("div")
  #topics = element("div")
  #trouble = element("div")
  #timer

  constructor(visit) {
    this.#visit = visit
    const { route, signal, root, live } = visit
    this.#range = ranges.includes(route.query.get("range")) ? route.query.get("range") : "hour"
    const chart = (label, format, series, unit) =>
      new Chart({
        label: text(label),
        format,
        unit,
        signal,
        series: series.map(([name, colour]) => ({
          name: text(`figure.${name}`),
          colour,
          value: (sample) => sample[name],
        })),
      })
    this.#charts = [
      chart("traffic.rates", (value) => rate(value), [["publishRate", "one"], ["pullRate", "two"], [
        "commitRate",
        "three",
      ]]),
      chart("traffic.lag", short, [["lagMessages", "two"]]),
      chart("traffic.age", span, [["lagSeconds", "two"]], "span"),
      chart("traffic.size", bytes, [["storeBytes", "one"], ["archiveBytes", "three"]], "bytes"),
    ]
    fill(root, [
      element("div", { class: "top" }, [
        element("h1", {}, text("traffic.title")),
        rangeSwitch(this.#range, (range) => this.#choose(range)),
      ]),
      this.#figures.node,
      this.#trouble,
      element("div", { class: "charts" }, this.#charts.map(({ node }) => node)),
      element("h2", {}, text("traffic.disk")),
      this.#disk,
      element("h2", {}, text("traffic.topics")),
      this.#topics,
    ])
    live.on("traffic", () => this.#now(), signal)
    this.#now()
    this.#load()
    loading(this.#topics, signal, () => this.#table())
    signal.addEventListener("abort", () => clearTimeout(this.#timer))
  }

  #choose(range) {
    this.#range = range
    note("traffic", "", { range: range === "hour" ? "" : range })
    this.#load()
  }

  /** By the stream; without one, the newest sample. */
  #now(sample = this.#visit.live.traffic) {
    if (!sample) return
    for (const name of this.#figures.names) this.#figures.show(name, sample[name])
  }

  async #load() {
    clearTimeout(this.#timer)
    const { hub, signal, live } = this.#visit
    const range = this.#range
    try {
      const { samples, from, to, step, disk } = await hub.get("stats", { range }, signal)
      if (range !== this.#range) return
      for (const chart of this.#charts) chart.show(samples, from, to, step)
      fill(this.#disk, disk ? diskWords(disk) : [])
      fill(this.#trouble, [])
      if (!live.traffic) this.#now(samples[samples.length - 1])
    } catch (problem) {
      if (signal.aborted || range !== this.#range) return
      fill(this.#trouble, told(problem))
    }
    this.#timer = setTimeout(() => this.#load(), again[range])
  }

  async #table() {
    const { topics } = await this.#visit.hub.get("topics", {}, this.#visit.signal)
    if (topics.length === 0) return nothing(text("traffic.topics.none"), tryOut())
    const all = topics.reduce((sum, { count }) => sum + count, 0)
    const sorted = [...topics].sort((one, other) => other.count - one.count)
    const columns = [
      {
        id: "topic",
        title: text("message.topic"),
        class: "grow",
        cell: (topic) =>
          element(
            "a",
            { href: address("messages", "", { topic: topic.topic }) },
            topicWords(topic.topic),
          ),
      },
      {
        id: "count",
        title: text("traffic.count"),
        numeric: true,
        cell: (topic) => element("span", { title: exact(topic.count) }, short(topic.count)),
      },
      {
        id: "share",
        title: text("traffic.share"),
        class: "tight",
        cell: (topic) => share(topic.count / all),
      },
      {
        id: "lastIndex",
        title: text("traffic.last"),
        numeric: true,
        cell: (topic) => indexLink(topic.lastIndex),
      },
      {
        id: "lastCreated",
        title: text("message.created"),
        class: "tight",
        cell: (topic) => timeElement(topic.lastCreated),
      },
    ]
    const more = sorted.length - mostTopics
    return [
      sheet({
        columns,
        items: sorted.slice(0, mostTopics),
        row: (topic) => ({ data: { topic: topic.topic } }),
        label: text("traffic.topics"),
      }),
      more > 0
        ? element("p", { class: "quiet" }, text("more", { n: more, shown: exact(more) }))
        : null,
    ]
  }
}

function share(part) {
  return [
    element("meter", { min: 0, max: 1, value: part, "aria-hidden": "true" }),
    " ",
    element("span", { class: "number" }, percent(part)),
  ]
}

function diskWords({ freeBytes, limitBytes, storeBytes, archiveBytes, growthPerDay, fullAt }) {
  const days = fullAt ? (Date.parse(fullAt) - hubNow()) / 86400e3 : null
  const forecast = growthPerDay === null
    ? text("traffic.disk.unknown")
    : fullAt === null
    ? text("traffic.disk.never")
    : text("traffic.disk.full", { span: span(days * 86400) })
  const facts = [
    ["storeBytes", bytes(storeBytes), storeBytes],
    ["archiveBytes", bytes(archiveBytes), archiveBytes],
    ["freeBytes", bytes(freeBytes), freeBytes],
    ["limitBytes", bytes(limitBytes), limitBytes],
    [
      "growthPerDay",
      growthPerDay === null ? "–" : text("perDay", { shown: bytes(growthPerDay) }),
      growthPerDay,
    ],
  ]
  return [
    element(
      "dl",
      { class: "facts" },
      facts.map(([name, words, number]) =>
        element("div", {}, [
          element("dt", {}, text(`figure.${name}`)),
          element("dd", {
            data: { field: `disk-${name}` },
            title: number === null || number === undefined ? null : exact(number),
          }, words),
        ])
      ),
    ),
    element(
      "p",
      { class: days !== null && days < 14 ? "bad" : null, data: { field: "forecast" } },
      [forecast, fullAt ? [" · ", timeElement(fullAt)] : null].flat(),
    ),
  ]
}
