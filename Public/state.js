/** States of a warehouse: each has a colour, a sign and a word, so that no one alone has to tell. */
import { element, mark, write } from "./element.js"
import { text } from "./text.js"

/** The gravest first. */
export const states = [
  "silent",
  "leaving",
  "lagging",
  "archived",
  "paused",
  "never",
  "ok",
  "retired",
]

export const signs = {
  silent: "✕",
  leaving: "◆",
  lagging: "▲",
  archived: "■",
  paused: "‖",
  never: "○",
  ok: "✓",
  retired: "–",
}

const graveness = new Map(states.map((state, at) => [state, states.length - at]))

/** A higher one asks for more attention. */
export function gravity(state) {
  return graveness.get(state) ?? 0
}

/** @returns {HTMLElement} sign and word */
export function stateBadge(state) {
  const badge = element("span", { class: "state" }, [
    element("span", { class: "sign", "aria-hidden": "true" }),
    element("span"),
  ])
  if (state) showState(badge, state)
  return badge
}

export function showState(badge, state) {
  mark(badge, "data-state", state)
  write(badge.firstChild, signs[state] ?? "?")
  write(badge.lastChild, text(`state.${state}`))
  mark(badge, "title", text(`state.${state}.hint`))
}
