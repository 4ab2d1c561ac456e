/** How far long work has come, with a way to end it. */
import { element, write } from "./element.js"
import { text } from "./text.js"
import { exact, percent } from "./number.js"

/** @param {() => void} [cancel] */
export function progress(cancel) {
  const bar = element("progress", { max: 1, "aria-label": text("progress") })
  const words = element("span", { class: "quiet" })
  const button = cancel
    ? element(
      "button",
      { type: "button", data: { action: "cancel" }, on: { click: cancel } },
      text("stop"),
    )
    : null
  const node = element("div", { class: "progress" }, [bar, words, button])
  return {
    node,
    /** @param {{looked: number, of: number} | null} done */
    show(done, found) {
      if (!done) return
      bar.value = done.of > 0 ? Math.min(1, done.looked / done.of) : 1
      write(
        words,
        text("progress.told", {
          share: percent(bar.value),
          looked: exact(done.looked),
          of: exact(done.of),
          found: exact(found ?? 0),
        }),
      )
    },
  }
}
