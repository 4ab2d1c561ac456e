/** The hub's HTTP interface, as the pages use it. */
import { setHubTime } from "./time.js"
import { kept } from "./json.js"

/** A refusal of the hub (RFC 9457), or `code` `away` when it did not answer. */
export class Problem extends Error {
  constructor(content, status) {
    super(content.detail || content.title || "")
    this.name = "Problem"
    this.status = status
    this.code = content.code ?? "unknown"
    this.title = content.title ?? ""
    this.detail = content.detail ?? ""
    this.errors = Array.isArray(content.errors) ? content.errors : []
    this.instance = content.instance ?? ""
    this.content = content
  }
}

const patience = 65_000

export class Hub {
  /** What signs the viewer in when the hub asks for it; a call waits for it, then goes on. */
  signIn = null

  /**
   * @param {string} path below `/v1/`
   * @param {Object} [query] what is null or empty is left out
   * @param {AbortSignal} [signal]
   */
  get(path, query, signal) {
    return this.#call("GET", path, query, undefined, signal)
  }

  post(path, body = {}, signal) {
    return this.#call("POST", path, undefined, body, signal)
  }

  put(path, body, signal) {
    return this.#call("PUT", path, undefined, body, signal)
  }

  delete(path, signal) {
    return this.#call("DELETE", path, undefined, undefined, signal)
  }

  async #call(method, path, query, body, signal) {
    for (let attempt = 0;; attempt += 1) {
      try {
        return await this.#once(method, path, query, body, signal)
      } catch (failure) {
        const mayWait = failure instanceof Problem && failure.status === 401 &&
          path !== "session" && this.signIn && attempt < 3
        if (!mayWait) throw failure
        await this.signIn()
        signal?.throwIfAborted()
      }
    }
  }

  async #once(method, path, query, body, signal) {
    const patient = AbortSignal.timeout(patience)
    const ended = signal ? either(signal, patient) : patient
    let answer, words
    try {
      answer = await fetch(target(path, query), {
        method,
        headers: body === undefined ? {} : { "Content-Type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
        credentials: "same-origin",
        cache: "no-store",
        signal: ended,
      })
      words = await answer.text()
    } catch (failure) {
      if (signal?.aborted) throw signal.reason
      throw new Problem({ code: "away", title: "", detail: String(failure.message ?? "") }, 0)
    }
    setHubTime(answer.headers.get("Date"))
    const content = parsed(words)
    if (!answer.ok) throw new Problem(content ?? { title: answer.statusText }, answer.status)
    if (content === undefined) {
      throw new Problem({ code: "not_json", title: answer.statusText }, answer.status)
    }
    return content
  }
}

/** Bodies of messages stay as they were sent, as text: see `json.js`. */
function parsed(words) {
  try {
    return kept(words, "body")
  } catch {
    return undefined
  }
}

function target(path, query = {}) {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") search.set(name, String(value))
  }
  const written = search.toString()
  return `/v1/${path}${written ? `?${written}` : ""}`
}

function either(one, other) {
  if (AbortSignal.any) return AbortSignal.any([one, other])
  const both = new AbortController()
  for (const signal of [one, other]) {
    if (signal.aborted) both.abort(signal.reason)
    signal.addEventListener("abort", () => both.abort(signal.reason), { once: true })
  }
  return both.signal
}
