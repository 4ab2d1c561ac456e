/** A long list, a page at a time: forward by the hub's tokens, back by those already seen. */
import { element, fill } from "./element.js"
import { text } from "./text.js"
import { loading } from "./dialog.js"

export class Pages {
  #place = element("div", { class: "pages-place" })
  #bar = element("div", { class: "actions pager" })
  node = element("div", { class: "pages" }, [this.#place, this.#bar])
  #tokens = [null]
  #signal
  #load
  #turn = new AbortController()

  /**
   * @param {Object} options
   * @param {(token: string | null, signal: AbortSignal, page: number) => Promise<{content: any, next: string | null}>} options.load
   * @param {AbortSignal} options.signal
   */
  constructor({ load, signal }) {
    this.#load = load
    this.#signal = signal
    signal.addEventListener("abort", () => this.#turn.abort())
  }

  /** From the first page. */
  begin() {
    this.#tokens = [null]
    fill(this.#place, [])
    return this.#show()
  }

  /** The same page again. */
  again() {
    return this.#show()
  }

  /** Ends what is under way. */
  stop() {
    this.#turn.abort()
  }

  async #show() {
    this.#turn.abort()
    const turn = this.#turn = new AbortController()
    if (this.#signal.aborted) return
    fill(this.#bar, [])
    await loading(this.#place, turn.signal, async () => {
      const { content, next } = await this.#load(
        this.#tokens[this.#tokens.length - 1],
        turn.signal,
        this.#tokens.length,
      )
      if (!turn.signal.aborted) this.#buttons(next)
      return content
    })
  }

  #buttons(next) {
    if (this.#tokens.length === 1 && !next) return
    const step = (name, enabled, change) =>
      element("button", {
        type: "button",
        data: { action: name },
        disabled: !enabled,
        on: {
          click: () => {
            change()
            this.#show()
          },
        },
      }, text(`pages.${name}`))
    fill(this.#bar, [
      step("first", this.#tokens.length > 1, () => {
        this.#tokens = [null]
      }),
      step("back", this.#tokens.length > 1, () => {
        this.#tokens.pop()
      }),
      step("next", Boolean(next), () => {
        this.#tokens.push(next)
      }),
      element("span", { class: "quiet" }, text("pages.at", { page: this.#tokens.length })),
    ])
  }
}
