/** The operator's hands on a warehouse: each asks first and tells what it will do. */
import { element, fill } from "./element.js"
import { text } from "./text.js"
import { exact } from "./number.js"
import { confirm, told } from "./dialog.js"
import { fieldTime } from "./time.js"

/**
 * @typedef {Object} Hold
 * @property {import("./app.js").Visit} visit
 * @property {() => Object} warehouse as it is now
 * @property {() => void} changed called after an action
 */

/**
 * The buttons that make sense in the warehouse's state; one that nobody knows can be named.
 * @param {Hold} hold
 */
export function actions(hold) {
  const { state, session } = hold.warehouse()
  const retired = state === "retired", paused = state === "paused"
  const button = (name, click, properties = {}) =>
    element("button", {
      type: "button",
      data: { action: name },
      title: text(`${name}.hint`),
      on: { click },
      ...properties,
    }, text(`${name}.button`))
  const naming = button("describe", () => describe(hold))
  if (state === undefined) return naming
  return [
    button("seek", () => openSeek(hold)),
    retired
      ? null
      : paused
      ? button("resume", () => simple(hold, "resume"))
      : button("pause", () => simple(hold, "pause")),
    retired ? null : button("take-over", () => takeOver(hold), { disabled: session === null }),
    naming,
    retired
      ? button("revive", () => simple(hold, "revive"))
      : button("retire", () => simple(hold, "retire", true)),
  ]
}

/** "105 north" */
function named({ wid, name }) {
  return name ? `${wid} ${name}` : String(wid)
}

function simple({ visit, warehouse, changed }, name, grave = false) {
  const { wid } = warehouse()
  confirm({
    title: text(`${name}.title`, { warehouse: named(warehouse()) }),
    content: element("p", {}, text(`${name}.what`)),
    action: text(`${name}.button`),
    name,
    grave,
    signal: visit.signal,
    async act(ended) {
      await visit.hub.post(`warehouses/${wid}/${name}`, {}, ended)
      changed()
      return null
    },
  })
}

function takeOver({ visit, warehouse, changed }) {
  const { wid, session } = warehouse()
  confirm({
    title: text("take-over.title", { warehouse: named(warehouse()) }),
    content: [
      element("p", {}, text("take-over.what")),
      element("p", {}, [
        text("take-over.holder"),
        " ",
        element("bdi", { class: "code" }, session ?? "–"),
      ]),
    ],
    action: text("take-over.button"),
    name: "take-over",
    grave: true,
    signal: visit.signal,
    async act(ended) {
      const { former } = await visit.hub.post(`warehouses/${wid}/take-over`, {}, ended)
      changed()
      return element(
        "p",
        { class: "done", role: "status" },
        former ? text("take-over.done", { former }) : text("take-over.done.none"),
      )
    },
  })
}

function describe({ visit, warehouse, changed }) {
  const { wid, name, expectEverySeconds } = warehouse()
  const field = element("input", {
    type: "text",
    name: "name",
    value: name,
    maxlength: 128,
    autocomplete: "off",
  })
  const every = element("input", {
    type: "number",
    name: "expect",
    value: expectEverySeconds,
    min: 0,
    max: 31536000,
    step: 1,
    required: true,
  })
  confirm({
    title: text("describe.title", { warehouse: named(warehouse()) }),
    content: element("div", { class: "fields" }, [
      element("label", { class: "field" }, [text("describe.name"), field]),
      element("label", { class: "field" }, [text("describe.every"), every]),
      element("p", { class: "quiet" }, text("describe.every.hint")),
    ]),
    action: text("save"),
    name: "describe",
    signal: visit.signal,
    async act(ended) {
      if (!every.reportValidity()) throw new DOMException("", "AbortError")
      await visit.hub.put(`warehouses/${wid}`, {
        name: field.value,
        expectEverySeconds: Number(every.value),
      }, ended)
      changed()
      return null
    },
  })
}

/**
 * Moves the warehouse's place. What was shown by the preview is what is done: the place goes out
 * as the index that the preview has found, not as `latest` or a time once more.
 * @param {Hold & {to?: string}} hold `to`: an index or id to begin with
 */
export function openSeek({ visit, warehouse, changed, to = "" }) {
  const { wid } = warehouse()
  const kinds = ["index", "time", "earliest", "archive", "latest"]
  let found = null, turn = new AbortController()
  const preview = element("div", { class: "preview", role: "status" })
  const exactly = element("input", {
    type: "text",
    value: to,
    autocomplete: "off",
    spellcheck: "false",
    maxlength: 40,
    "aria-label": text("seek.index"),
    placeholder: text("seek.index.hint"),
  })
  const time = element("input", {
    type: "datetime-local",
    step: 1,
    "aria-label": text("seek.time"),
  })
  const radios = kinds.map((kind) =>
    element("input", { type: "radio", name: "kind", value: kind, checked: kind === "index" })
  )
  const chosen = () => radios.find((radio) => radio.checked).value
  const position = () =>
    ({ index: exactly.value.trim().replace(/[\s,]/g, ""), time: fieldTime(time.value) ?? "" })[
      chosen()
    ] ?? chosen()

  const asked = confirm({
    title: text("seek.title", { warehouse: named(warehouse()) }),
    content: element("form", {
      class: "fields",
      on: {
        submit: (event) => {
          event.preventDefault()
          look()
        },
      },
    }, [
      ...kinds.map((kind, at) =>
        element("label", { class: "check" }, [
          radios[at],
          text(`seek.${kind}`),
          { index: exactly, time }[kind] ?? null,
        ])
      ),
      element(
        "div",
        { class: "buttons" },
        element("button", { type: "submit", data: { action: "preview" } }, text("seek.preview")),
      ),
      preview,
    ]),
    action: text("seek.act"),
    name: "seek",
    grave: true,
    signal: visit.signal,
    async act(ended) {
      const moved = await visit.hub.post(`warehouses/${wid}/seek`, { to: found.to }, ended)
      changed()
      return element(
        "p",
        { class: "done", role: "status" },
        text("seek.done", { from: exact(moved.from), to: exact(moved.to) }),
      )
    },
  })
  asked.button.disabled = true
  const changedInput = () => {
    turn.abort()
    found = null
    asked.button.disabled = true
    fill(preview, [])
  }
  for (const field of [exactly, time]) {
    field.addEventListener("input", () => {
      radios[kinds.indexOf(field === time ? "time" : "index")].checked = true
      changedInput()
    }, { signal: asked.ended })
  }
  for (const radio of radios) {
    radio.addEventListener("change", () => {
      changedInput()
      if (!["index", "time"].includes(chosen())) look()
    }, { signal: asked.ended })
  }
  if (to) look()

  async function look() {
    changedInput()
    const wanted = position()
    if (wanted === "") return
    turn = new AbortController()
    asked.ended.addEventListener("abort", () => turn.abort(), { once: true })
    const { signal } = turn
    try {
      found = await visit.hub.post(`warehouses/${wid}/seek`, { to: wanted, dryRun: true }, signal)
      if (signal.aborted) return
      fill(preview, previewWords(found))
      asked.button.disabled = found.direction === "none"
    } catch (problem) {
      if (!signal.aborted) fill(preview, told(problem))
    }
  }
}

function previewWords({ from, to, messages, direction }) {
  const words = text(messages === null ? `seek.${direction}.unknown` : `seek.${direction}`, {
    n: messages ?? 0,
    shown: exact(messages),
  })
  return element("div", { class: "done", data: { direction } }, [
    element("p", {}, [
      element("b", { class: "number" }, exact(from)),
      " → ",
      element("b", { class: "number", data: { field: "to" } }, exact(to)),
    ]),
    element(
      "p",
      { class: direction === "forward" ? "bad" : null, data: { field: "messages" } },
      words,
    ),
  ])
}
