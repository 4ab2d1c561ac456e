/** Who did what, and when. */
import { element, fill } from "./element.js"
import { fieldsOf } from "./filter.js"
import { known, text } from "./text.js"
import { exact } from "./number.js"
import { fieldTime, fieldValue, timeElement } from "./time.js"
import { note } from "./router.js"
import { Pages } from "./pages.js"
import { nothing, sheet } from "./table.js"
import { plain, widLink } from "./body.js"

export const deeds = [
  "seek",
  "pause",
  "resume",
  "retire",
  "revive",
  "describe",
  "take_over",
  "letter_retry",
  "letter_drop",
  "archive_verify",
  "archive_replay",
  "archive_prune",
  "sign_in",
  "sign_in_failed",
  "sign_out",
  "token_create",
  "token_rotate",
  "token_expire",
  "token_revoke",
]

const pageSize = 100

const names = ["wid", "action", "name", "from", "to"]

export const title = () => text("audit.title")

/** @param {import("./app.js").Visit} visit */
export function show(visit) {
  const { hub, root, route, signal } = visit
  const filter = Object.fromEntries(names.map((name) => [name, route.query.get(name) ?? ""]))
  const pages = new Pages({ signal, load: (token, turn) => entries(hub, filter, token, turn) })
  const fields = {}
  const field = fieldsOf("audit", filter, fields)
  fields.action = element("select", { name: "action" }, [
    element("option", { value: "" }, text("audit.any")),
    ...deeds.map((deed) =>
      element(
        "option",
        { value: deed, selected: deed === filter.action },
        text(`audit.action.${deed}`),
      )
    ),
  ])
  const begin = () => {
    for (const name of names) {
      filter[name] = name === "from" || name === "to"
        ? fieldTime(fields[name].value) ?? ""
        : fields[name].value.trim()
    }
    note("audit", "", filter)
    pages.begin()
  }
  const form = element("form", {
    class: "filter",
    role: "search",
    on: {
      submit: (event) => {
        event.preventDefault()
        begin()
      },
      change: (event) => {
        if (event.target === fields.action) begin()
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
    element("label", {}, [text("audit.action"), fields.action]),
    field("name", { type: "search", maxlength: 128 }),
    field("from", { type: "datetime-local", step: 1, value: fieldValue(filter.from) }),
    field("to", { type: "datetime-local", step: 1, value: fieldValue(filter.to) }),
    element(
      "button",
      { type: "submit", class: "main", data: { action: "search" } },
      text("filter"),
    ),
  ])
  fill(root, [element("h1", {}, text("audit.title")), form, pages.node])
  pages.begin()
}

async function entries(hub, filter, token, signal) {
  const found = []
  let next = token
  do { // The hub looks at so many at a time: a page that is not full need not be the last.
    const limit = pageSize - found.length
    const answer = await hub.get("audit", { ...filter, limit, pageToken: next }, signal)
    found.push(...answer.entries)
    next = answer.nextPageToken
  } while (next && found.length < pageSize)
  if (found.length === 0) {
    const narrowed = names.some((name) => filter[name] !== "")
    return {
      content: nothing(
        text(narrowed ? "audit.none.fit" : "audit.none"),
        element("p", {}, text("audit.none.do")),
      ),
      next,
    }
  }
  const columns = [
    { id: "n", title: text("audit.n"), numeric: true, cell: (entry) => exact(entry.n) },
    { id: "at", title: text("audit.at"), class: "tight", cell: (entry) => timeElement(entry.at) },
    { id: "name", title: text("audit.name"), cell: who },
    {
      id: "address",
      title: text("audit.address"),
      class: "tight",
      cell: (entry) => element("span", { class: "code" }, entry.address),
    },
    {
      id: "action",
      title: text("audit.action"),
      class: "tight",
      cell: (entry) =>
        element(
          "span",
          { data: { deed: entry.action }, class: entry.action === "sign_in_failed" ? "bad" : null },
          known(`audit.action.${entry.action}`)
            ? text(`audit.action.${entry.action}`)
            : entry.action,
        ),
    },
    {
      id: "wid",
      title: text("audit.wid"),
      numeric: true,
      cell: (entry) => entry.wid === null ? "–" : widLink(entry.wid),
    },
    {
      id: "detail",
      title: text("audit.detail"),
      class: "grow",
      cell: (entry) => detail(entry.detail),
    },
    {
      id: "requestId",
      title: text("audit.request"),
      class: "tight",
      cell: (entry) => element("span", { class: "code quiet" }, entry.requestId ?? "–"),
    },
  ]
  return {
    content: sheet({
      columns,
      items: found,
      row: (entry) => ({ data: { n: entry.n } }),
      label: text("audit.title"),
    }),
    next,
  }
}

function who(entry) {
  if (entry.role === "local") {
    const place = element("span", { class: "quiet" }, text("audit.local"))
    return element("span", {}, [element("bdi", {}, entry.name), " ", place])
  }
  return entry.name ? element("bdi", {}, entry.name) : element(
    "span",
    { class: "quiet" },
    text(entry.role === "none" ? "audit.nobody" : "audit.anyone"),
  )
}

/** The members of what was asked, as `name value`. */
function detail(content) {
  if (content === null || content === undefined) return "–"
  const words = typeof content === "object"
    ? Object.entries(content).map(([name, value]) =>
      `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`
    ).join(" · ")
    : String(content)
  const shown = plain(words.slice(0, 1000))
  return element("bdi", { class: "cut", title: shown }, shown || "–")
}
