/** The hub's figures in a row, each under its name. */
import { element, mark, write } from "./element.js"
import { text } from "./text.js"
import { bytes, exact, place, rate, short } from "./number.js"
import { span } from "./time.js"

export class Figures {
  #cells = {}

  /** @param {string[]} names as an event of the traffic has them, and `deadLetters` */
  constructor(names) {
    this.node = element(
      "dl",
      { class: "figures" },
      names.map((name) => {
        this.#cells[name] = element("dd", { data: { field: name } }, "–")
        return element("div", {}, [element("dt", {}, text(`figure.${name}`)), this.#cells[name]])
      }),
    )
  }

  get names() {
    return Object.keys(this.#cells)
  }

  /** @param {number | null | undefined} value nobody knows it, if there is none */
  show(name, value) {
    const isKnown = value !== null && value !== undefined
    const cell = this.#cells[name]
    write(cell, isKnown ? words(name, value) : "–", isKnown ? exact(value) : "")
    mark(cell, "data-bad", name === "deadLetters" && value > 0 ? "" : null)
  }
}

function words(name, value) {
  if (name.endsWith("Rate")) return text("perSecond", { shown: rate(value) })
  if (name.endsWith("Bytes")) return bytes(value)
  if (name === "lagSeconds") return span(value)
  return name === "head" ? place(value) : short(value)
}
