/**
 * What the warehouses do, as it happens: by the hub's stream of events, and by asking every few
 * seconds where there is none. Pages subscribe; the connection rests while nobody looks.
 */
import { setHubTime } from "./time.js"

/** @typedef {"starting" | "live" | "polling" | "away"} LiveState */

const pollEvery = 5_000
const streamAgain = 60_000
const openWithin = 8_000
/** The hub sends `traffic` every second: so long without a word, and the stream is dead. */
const silence = 15_000
const restAfter = 30_000
const pageSize = 10_000
const mostPages = 10

export class Live extends EventTarget {
  /** @type {LiveState} */
  state = "starting"
  /** Warehouses by number, in rising order. @type {Map<number, Object>} */
  warehouses = new Map()
  head = 0
  /** The newest `traffic` event; null without a stream. */
  traffic = null
  /** Whether the warehouses have come at least once. */
  complete = false

  #hub
  #stream = null
  #running = false
  #timers = {}
  #asking = null

  constructor(hub) {
    super()
    this.#hub = hub
    document.addEventListener("visibilitychange", () => this.#visibility())
  }

  start() {
    if (this.#running) return
    this.#running = true
    this.#listen()
  }

  stop() {
    this.#running = false
    this.#close()
    for (const name of Object.keys(this.#timers)) this.#cancel(name)
    this.#asking?.abort()
  }

  /** Begins anew: after a sign-in, and when the viewer asks for it. */
  restart() {
    this.stop()
    this.start()
  }

  /**
   * Calls `change` at each event of this kind, until `signal` ends.
   * @param {"fleet" | "traffic" | "state"} kind
   */
  on(kind, change, signal) {
    this.addEventListener(kind, (event) => change(event.detail), { signal })
  }

  #listen() {
    this.#close()
    const stream = this.#stream = new EventSource("/v1/events")
    stream.addEventListener(
      "fleet",
      (event) => this.#heard(() => this.#fleet(JSON.parse(event.data))),
    )
    stream.addEventListener(
      "traffic",
      (event) => this.#heard(() => this.#flow(JSON.parse(event.data))),
    )
    stream.addEventListener("error", () => this.#failed(stream))
    this.#after("open", openWithin, () => this.#failed(stream, true))
  }

  #heard(change) {
    this.#cancel("open")
    this.#cancel("poll")
    this.#asking?.abort()
    this.#asking = null
    this.#after("silence", silence, () => this.#failed(this.#stream, true))
    this.#become("live")
    change()
  }

  /** Falls back to asking. A stream that the browser opens anew by itself is left to it. */
  #failed(stream, forGood = false) {
    if (stream !== this.#stream || !this.#running) return
    if (forGood || stream.readyState === EventSource.CLOSED) {
      this.#close()
      this.#after("stream", streamAgain, () => this.#listen())
    }
    this.#cancel("silence")
    if (!this.#timers.poll && !this.#asking) this.#poll()
  }

  async #poll() {
    this.#cancel("poll")
    if (!this.#running || this.state === "live" && this.#stream?.readyState === EventSource.OPEN) {
      return
    }
    const asking = this.#asking = new AbortController()
    try {
      const all = await this.#ask(asking.signal)
      if (!asking.signal.aborted) {
        this.#become("polling")
        this.traffic = null
        this.#fleet(all)
      }
    } catch {
      if (!asking.signal.aborted) this.#become("away")
    }
    if (this.#asking !== asking) return
    this.#asking = null
    if (this.#running && !asking.signal.aborted) this.#after("poll", pollEvery, () => this.#poll())
  }

  async #ask(signal) {
    const all = { full: true, head: 0, warehouses: [], gone: [] }
    let pageToken = null
    for (let page = 0; page < mostPages; page += 1) {
      const answer = await this.#hub.get(
        "warehouses",
        { trend: true, limit: pageSize, pageToken },
        signal,
      )
      all.head = answer.head
      all.warehouses.push(...answer.warehouses)
      pageToken = answer.nextPageToken
      if (!pageToken) break
    }
    return all
  }

  #fleet(news) {
    if (news.at) setHubTime(news.at)
    this.head = Math.max(news.head ?? 0, news.full ? 0 : this.head)
    const grown = news.full ||
      news.warehouses.some((warehouse) => !this.warehouses.has(warehouse.wid))
    if (news.full) this.warehouses = new Map()
    for (const wid of news.gone ?? []) this.warehouses.delete(wid)
    for (const warehouse of news.warehouses) this.warehouses.set(warehouse.wid, warehouse)
    if (grown) {
      this.warehouses = new Map([...this.warehouses].sort((one, other) => one[0] - other[0]))
    }
    this.complete = true
    this.dispatchEvent(new CustomEvent("fleet", { detail: news }))
  }

  #flow(traffic) {
    setHubTime(traffic.at)
    this.traffic = traffic
    this.head = traffic.head
    this.dispatchEvent(new CustomEvent("traffic", { detail: traffic }))
  }

  #become(state) {
    if (this.state === state) return
    this.state = state
    this.dispatchEvent(new CustomEvent("state", { detail: state }))
  }

  /** A browser opens six connections to a hub at most: an unseen page gives its one back. */
  #visibility() {
    if (document.hidden) this.#after("rest", restAfter, () => this.stop())
    else if (!this.#running) this.start()
    else this.#cancel("rest")
  }

  #close() {
    this.#stream?.close()
    this.#stream = null
  }

  #after(name, milliseconds, action) {
    this.#cancel(name)
    this.#timers[name] = setTimeout(() => {
      delete this.#timers[name]
      action()
    }, milliseconds)
  }

  #cancel(name) {
    clearTimeout(this.#timers[name])
    delete this.#timers[name]
  }
}
