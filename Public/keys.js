/** The keys of the page, told and turned off. */
import { element } from "./element.js"
import { memory } from "./memory.js"
import { text } from "./text.js"
import { open } from "./dialog.js"

/** Whether single keys count; some people's tools press them by mistake. */
export function keysWanted() {
  return memory.get("keys") !== "off"
}

/** @param {Object<string, string>} bar the letter of each page */
export function openKeys(bar) {
  const rows = [
    ["/", text("keys.search")],
    ["?", text("keys.help")],
    ...Object.entries(bar).map(([page, letter]) => [`g ${letter}`, text(`nav.${page}`)]),
    ["↑ ↓ Home End", text("keys.rows")],
    ["Esc", text("keys.escape")],
  ]
  const switched = element("input", {
    type: "checkbox",
    checked: keysWanted(),
    on: { change: (event) => memory.set("keys", event.target.checked ? null : "off") },
  })
  open({
    title: text("keys.title"),
    content: [
      element(
        "dl",
        { class: "keys" },
        rows.map(([keys, words]) =>
          element("div", {}, [
            element("dt", {}, keys.split(" ").map((key) => element("kbd", {}, key))),
            element("dd", {}, words),
          ])
        ),
      ),
      element("label", { class: "check" }, [switched, text("keys.on")]),
    ],
  })
}
