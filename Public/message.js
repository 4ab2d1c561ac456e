/** One message: what it holds, and how far each warehouse has got with it. */
import { element, fill } from "./element.js"
import { text } from "./text.js"
import { exact } from "./number.js"
import { span, timeElement } from "./time.js"
import { address, note } from "./router.js"
import { Pages } from "./pages.js"
import { loading } from "./dialog.js"
import { nothing, sheet } from "./table.js"
import { pretty } from "./json.js"
import { widLink } from "./body.js"

const signs = {
  committed: "✓",
  delivered: "→",
  waiting: "…",
  never: "○",
  dead: "✕",
  parked: "‖",
  dropped: "–",
  superseded: "⇒",
}

export const title = () => text("message.title")

/** @param {import("./app.js").Visit} visit */
export function show(visit) {
  const { hub, root, route, signal, entitle } = visit
  const name = route.argument
  let wid = route.query.get("wid") ?? ""
  const place = element("div")
  fill(root, place)
  loading(place, signal, async () => {
    const message = await hub.get(`messages/${encodeURIComponent(name)}`, { limit: 1 }, signal)
    entitle(`${text("message.title")} ${exact(message.index)}`)
    const pages = new Pages({ signal, load: (token, turn) => journey(hub, name, wid, token, turn) })
    const field = element("input", {
      type: "number",
      min: 1,
      max: 2147483647,
      value: wid,
      name: "wid",
      data: { search: "" },
      placeholder: text("message.journey.one"),
      "aria-label": text("message.journey.one"),
    })
    const form = element("form", {
      class: "filter",
      on: {
        submit: (event) => {
          event.preventDefault()
          wid = field.value
          note("message", name, { wid })
          pages.begin()
        },
      },
    }, [field, element("button", { type: "submit" }, text("filter"))])
    pages.begin()
    return [
      ...head(message),
      element("h2", {}, text("message.body")),
      body(message),
      element("h2", {}, text("message.journey")),
      message.wid === 0 ? form : null,
      pages.node,
    ]
  })
}

function head(message) {
  const fields = [
    ["index", exact(message.index)],
    ["topic", element("bdi", {}, message.topic)],
    ["wid", widLink(message.wid)],
    ["key", message.key === null ? "–" : element("bdi", { class: "code" }, message.key)],
    ["created", timeElement(message.created)],
    ["occurred", timeElement(message.occurred)],
    ["where", message.where === "store" ? text("where.store") : message.where],
    ["id", element("span", { class: "code" }, message.id)],
  ]
  if (message.replayOf) {
    fields.push([
      "replayOf",
      element(
        "a",
        { href: address("message", message.replayOf.index) },
        exact(message.replayOf.index),
      ),
    ])
  }
  return [
    element("h1", {}, [
      text("message.title"),
      " ",
      element("span", { class: "number" }, exact(message.index)),
    ]),
    element(
      "dl",
      { class: "facts" },
      fields.map(([name, value]) =>
        element("div", { class: value?.textContent?.length > 60 ? "long" : null }, [
          element("dt", {}, text(`message.${name}`)),
          element("dd", { data: { field: name } }, value),
        ])
      ),
    ),
    element("div", { class: "actions" }, [
      message.key === null ? null : element(
        "a",
        { class: "button", href: address("messages", "", { key: message.key }) },
        text("message.same.key"),
      ),
      element(
        "a",
        { class: "button", href: address("messages", "", { topic: message.topic }) },
        text("message.same.topic"),
      ),
    ]),
  ]
}

function body(message) {
  const copy = element("button", {
    type: "button",
    data: { action: "copy" },
    on: {
      click: async () => {
        await navigator.clipboard?.writeText(message.body)
        copy.textContent = text("copied")
      },
    },
  }, text("copy"))
  return element("div", { class: "body-box" }, [
    pretty(message.body),
    navigator.clipboard ? copy : null,
  ])
}

async function journey(hub, name, wid, token, signal) {
  const message = await hub.get(`messages/${encodeURIComponent(name)}`, {
    wid,
    pageToken: token,
    limit: 100,
  }, signal)
  if (message.journey.length === 0) {
    return {
      content: nothing(
        text("message.journey.none"),
        element("p", {}, text("message.journey.none.do")),
      ),
      next: null,
    }
  }
  const after = (time) =>
    time
      ? [
        timeElement(time),
        " ",
        element(
          "span",
          { class: "quiet" },
          `+${span((Date.parse(time) - Date.parse(message.created)) / 1000)}`,
        ),
      ]
      : "–"
  const columns = [
    { id: "wid", title: text("fleet.warehouse"), numeric: true, cell: (stop) => widLink(stop.wid) },
    {
      id: "state",
      title: text("fleet.state"),
      class: "tight",
      cell: (stop) => stepWords(stop.state),
    },
    {
      id: "delivered",
      title: text("journey.delivered"),
      class: "tight",
      cell: (stop) => after(stop.delivered),
    },
    {
      id: "committed",
      title: text("journey.committed"),
      class: "tight",
      cell: (stop) => after(stop.committed),
    },
    { id: "dead", title: text("journey.dead"), class: "tight", cell: (stop) => after(stop.dead) },
    {
      id: "letter",
      title: text("journey.letter"),
      numeric: true,
      cell: (stop) =>
        stop.deadLetter === null ? "–" : element(
          "a",
          { href: address("dead-letters", stop.deadLetter) },
          exact(stop.deadLetter),
        ),
    },
  ]
  return {
    content: sheet({
      columns,
      items: message.journey,
      row: (stop) => ({ data: { wid: stop.wid } }),
      label: text("message.journey"),
    }),
    next: message.nextPageToken,
  }
}

function stepWords(state) {
  const kind = { committed: "ok", dead: "silent", parked: "lagging", delivered: "paused" }[state] ??
    "never"
  return element("span", { class: "state", data: { state: kind, step: state } }, [
    element("span", { class: "sign", "aria-hidden": "true" }, signs[state] ?? "?"),
    text(`journey.${state}.state`),
  ])
}
