/**
 * A table of which only the rows in sight exist. Rows are kept by key and patched: a change of a
 * thousand items touches the forty or so that are seen, and in them what has changed.
 */
import { element, mark, write } from "./element.js"
import { text } from "./text.js"

/**
 * @typedef {Object} Column
 * @property {string} id also the row's cell's `data-field`
 * @property {string} title
 * @property {string} [hint] said of the title
 * @property {number} width pixels
 * @property {boolean} [numeric]
 * @property {boolean} [plain] has no order
 * @property {(cell: HTMLElement) => void} [build] what the cell is made of, once
 * @property {(cell: HTMLElement, item: any) => void} show patches the cell
 */

const rowHeight = 27
const spare = 8

export class Table {
  /** The whole of it. @type {HTMLElement} */
  node

  #columns
  #key
  #build
  #items = []
  #rows = new Map()
  #free = []
  #body
  #above
  #below
  #table
  #box
  #headings = new Map()
  #current = 0
  #frame = 0

  /**
   * @param {Object} options
   * @param {Column[]} options.columns the first is a link
   * @param {(item: any) => string | number} options.key
   * @param {(row: HTMLElement, item: any) => void} [options.dress] patches the row itself
   * @param {string} options.label
   * @param {(column: string) => void} options.sort called when a heading is pressed
   * @param {AbortSignal} options.signal
   */
  constructor({ columns, key, dress, label, sort, signal }) {
    this.#columns = columns
    this.#key = key
    this.#build = dress ?? (() => {})
    this.#above = this.#spacer()
    this.#below = this.#spacer()
    this.#body = element("tbody", {}, [this.#above, this.#below])
    this.#table = element("table", { class: "wide", "aria-label": label }, [
      element("colgroup", {}, columns.map((column, at) => this.#measure(column, at))),
      element(
        "thead",
        {},
        element("tr", { "aria-rowindex": 1 }, columns.map((column) => this.#heading(column, sort))),
      ),
      this.#body,
    ])
    const rest = columns.slice(1).reduce((sum, column) => sum + column.width, 0)
    this.#table.style.width = `calc(${rest}px + ${firstWidth(columns[0])})`
    this.#box = element("div", { class: "table-box" }, this.#table)
    this.node = this.#box
    this.#box.addEventListener("scroll", () => this.#later(), { passive: true, signal })
    this.#body.addEventListener("keydown", (event) => this.#keys(event), { signal })
    this.#body.addEventListener("focusin", (event) => this.#focused(event), { signal })
    const sizes = new ResizeObserver(() => this.#later())
    sizes.observe(this.#box)
    signal.addEventListener("abort", () => {
      sizes.disconnect()
      cancelAnimationFrame(this.#frame)
    })
  }

  /** Whether the viewer points at the rows or is among them: then their order should rest. */
  get held() {
    return this.#body.matches(":hover") || this.#body.contains(document.activeElement)
  }

  /** @param {any[]} items in the order to show them */
  show(items) {
    this.#items = items
    if (this.#current >= items.length) this.#current = Math.max(0, items.length - 1)
    mark(this.#table, "aria-rowcount", items.length + 1)
    this.#draw()
  }

  /** Patches what is seen again: for ages, which change by themselves. */
  refresh() {
    this.#draw()
  }

  /** Tells in the headings what the rows are ordered by. */
  sorted(column, descending) {
    for (const [id, heading] of this.#headings) {
      mark(heading, "aria-sort", id === column ? (descending ? "descending" : "ascending") : null)
    }
  }

  #measure(column, at) {
    const node = element("col")
    node.style.width = at === 0 ? firstWidth(column) : `${column.width}px`
    return node
  }

  #spacer() {
    const cell = element("td", { colspan: 99 })
    return element("tr", { class: "spacer", "aria-hidden": "true" }, cell)
  }

  #heading(column, sort) {
    const words = column.plain ? column.title : element("button", {
      type: "button",
      data: { sort: column.id },
      on: { click: () => sort(column.id) },
    }, column.title)
    const heading = element("th", {
      scope: "col",
      class: column.numeric ? "numeric" : null,
      title: column.hint,
    }, words)
    this.#headings.set(column.id, heading)
    return heading
  }

  #later() {
    cancelAnimationFrame(this.#frame)
    this.#frame = requestAnimationFrame(() => this.#draw())
  }

  #draw() {
    const items = this.#items
    const height = this.#box.clientHeight || 600
    const first = Math.max(
      0,
      Math.min(Math.floor(this.#box.scrollTop / rowHeight) - spare, items.length - 1),
    )
    const end = Math.min(items.length, first + Math.ceil(height / rowHeight) + 2 * spare)
    const wanted = items.slice(first, end)
    this.#release(new Set(wanted.map(this.#key)))
    const active = document.activeElement
    let after = this.#above
    wanted.forEach((item, at) => {
      const row = this.#row(item)
      this.#patch(row, item, first + at)
      if (after.nextSibling !== row) after.after(row)
      after = row
    })
    for (const row of this.#free) row.remove()
    // A row that has moved in the page has lost the focus.
    if (active !== document.activeElement && this.#body.contains(active)) {
      active.focus({ preventScroll: true })
    }
    this.#above.firstChild.style.height = `${first * rowHeight}px`
    this.#below.firstChild.style.height = `${(items.length - end) * rowHeight}px`
  }

  #release(keys) {
    for (const [key, row] of this.#rows) {
      if (keys.has(key)) continue
      this.#rows.delete(key)
      this.#free.push(row)
    }
  }

  #row(item) {
    const key = this.#key(item)
    let row = this.#rows.get(key)
    if (!row) {
      row = this.#free.pop() ?? this.#fresh()
      this.#rows.set(key, row)
    }
    return row
  }

  #fresh() {
    return element(
      "tr",
      {},
      this.#columns.map((column, at) => {
        const tag = at === 0 ? "th" : "td"
        const cell = element(tag, {
          class: column.numeric ? "numeric" : null,
          data: { field: column.id },
          scope: at === 0 ? "row" : null,
        })
        column.build?.(cell)
        return cell
      }),
    )
  }

  #patch(row, item, at) {
    mark(row, "aria-rowindex", at + 2)
    this.#build(row, item)
    this.#columns.forEach((column, place) => column.show(row.children[place], item))
    const link = row.querySelector("a")
    if (link) mark(link, "tabindex", at === this.#current ? "0" : "-1")
  }

  #focused(event) {
    const row = event.target.closest("tr")
    if (row) this.#current = Number(row.getAttribute("aria-rowindex")) - 2
  }

  #keys(event) {
    const page = Math.max(1, Math.floor(this.#box.clientHeight / rowHeight) - 2)
    const steps = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -Infinity,
      End: Infinity,
    }
    const step = steps[event.key]
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    this.#go(Math.max(0, Math.min(this.#items.length - 1, this.#current + step)))
  }

  #go(at) {
    this.#current = at
    const head = this.#table.tHead.offsetHeight
    const top = at * rowHeight, bottom = top + rowHeight + head
    if (top < this.#box.scrollTop) this.#box.scrollTop = top
    else if (bottom > this.#box.scrollTop + this.#box.clientHeight) {
      this.#box.scrollTop = bottom - this.#box.clientHeight
    }
    this.#draw()
    this.#rows.get(this.#key(this.#items[at]))?.querySelector("a")?.focus({ preventScroll: true })
  }
}

/** The first column stays in sight when the others are moved, so it leaves room for them. */
function firstWidth(column) {
  return `min(${column.width}px, 42vw)`
}

/**
 * A table of few rows, made once.
 * @param {Object} options
 * @param {{id: string, title: string, numeric?: boolean, class?: string, cell: (item: any) => any}[]} options.columns
 * @param {any[]} options.items
 * @param {(item: any) => Object} [options.row] properties of its row
 * @param {string} options.label
 */
export function sheet({ columns, items, row, label }) {
  const kind = (column) =>
    [column.numeric ? "numeric" : "", column.class ?? ""].join(" ").trim() || null
  return element(
    "div",
    { class: "sheet", role: "region", "aria-label": label, tabindex: "0" },
    element("table", {}, [
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          columns.map((column) =>
            element("th", { scope: "col", class: kind(column) }, column.title)
          ),
        ),
      ),
      element(
        "tbody",
        {},
        items.map((item) =>
          element(
            "tr",
            row?.(item) ?? {},
            columns.map((column) =>
              element("td", { class: kind(column), data: { field: column.id } }, column.cell(item))
            ),
          )
        ),
      ),
    ]),
  )
}

/** A cell's text, patched; what is cut off can be pointed at. */
export function tell(cell, words, title = words) {
  write(cell, words, title)
}

/** Told in the place of a table without rows. */
export function nothing(title, ...more) {
  return element("div", { class: "nothing" }, [
    element("p", { class: "nothing-title" }, title ?? text("nothing")),
    ...more,
  ])
}
