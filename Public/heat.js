/**
 * All warehouses at once, a cell each: its state by colour and sign, a corner where it has dead
 * letters. Cells keep their place, by number, so that one finds them again.
 */
import { element, mark, write } from "./element.js"
import { text } from "./text.js"
import { signs } from "./state.js"
import { address } from "./router.js"
import { exact } from "./number.js"
import { span } from "./time.js"

/** More would be no picture any more. */
const most = 3000

export class Heat {
  node = element("div", { class: "heat", role: "group", "aria-label": text("fleet.heat") })
  #cells = new Map()
  #more = element("p", { class: "quiet" })
  #grid = element("div", { class: "heat-cells" })
  #current = null
  /** What each cell tells: a warehouse of which there is no news is the same object. */
  #shown = new WeakMap()

  constructor(signal) {
    this.node.append(this.#grid, this.#more)
    this.#grid.addEventListener("keydown", (event) => this.#keys(event), { signal })
    this.#grid.addEventListener("focusin", (event) => this.#become(event.target), { signal })
  }

  /**
   * @param {Object[]} warehouses in the order of their numbers
   * @param {(warehouse: Object) => boolean} fits whether the table shows it too
   */
  show(warehouses, fits) {
    const shown = warehouses.slice(0, most)
    if (
      shown.length !== this.#cells.size ||
      shown.some((warehouse) => !this.#cells.has(warehouse.wid))
    ) this.#lay(shown)
    const left = warehouses.length - shown.length
    write(this.#more, left > 0 ? text("more", { n: left, shown: exact(left) }) : "")
    for (const warehouse of shown) {
      this.#patch(this.#cells.get(warehouse.wid), warehouse, fits(warehouse))
    }
  }

  #lay(shown) {
    this.#cells = new Map(shown.map(({ wid }) => [
      wid,
      this.#cells.get(wid) ?? element("a", {
        href: address("warehouse", wid),
        data: { wid },
        tabindex: "-1",
      }),
    ]))
    this.#grid.replaceChildren(...this.#cells.values())
    this.#shown = new WeakMap()
    mark(
      this.#grid,
      "data-size",
      shown.length <= 48 ? "large" : shown.length <= 300 ? "middle" : "small",
    )
    this.#become(this.#grid.contains(this.#current) ? this.#current : this.#grid.firstChild)
  }

  #patch(cell, warehouse, fits) {
    mark(cell, "data-out", fits ? null : "")
    if (this.#shown.get(cell) === warehouse) return
    this.#shown.set(cell, warehouse)
    mark(cell, "data-state", warehouse.state)
    mark(cell, "data-dead", warehouse.deadLetters > 0 ? "" : null)
    write(
      cell,
      this.#grid.dataset.size === "large"
        ? `${signs[warehouse.state] ?? "?"} ${warehouse.wid}`
        : signs[warehouse.state] ?? "?",
    )
    const told = text("fleet.cell", {
      wid: warehouse.wid,
      name: warehouse.name,
      state: text(`state.${warehouse.state}`),
      messages: exact(warehouse.lag.messages),
      age: span(warehouse.lag.seconds),
      dead: exact(warehouse.deadLetters),
    })
    mark(cell, "title", told)
    mark(cell, "aria-label", told)
  }

  #become(cell) {
    if (!(cell instanceof HTMLAnchorElement)) return
    if (this.#current) this.#current.tabIndex = -1
    this.#current = cell
    cell.tabIndex = 0
  }

  /** The cells are one stop of the Tab key; arrows go from one to the next. */
  #keys(event) {
    const cells = [...this.#grid.children]
    const at = cells.indexOf(document.activeElement)
    if (at < 0) return
    const across = cells.findIndex((cell) => cell.offsetTop > cells[0].offsetTop)
    const line = across < 0 ? cells.length : across
    const steps = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: line,
      ArrowUp: -line,
      Home: -at,
      End: cells.length - 1 - at,
    }
    if (!(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    cells[Math.max(0, Math.min(cells.length - 1, at + steps[event.key]))].focus()
  }
}
