/** Questions to the viewer, and what went wrong. */
import { element, fill } from "./element.js"
import { known, text } from "./text.js"

/**
 * Opens a dialog over the page; Escape closes it.
 * @param {Object} options
 * @param {string} options.title
 * @param {any} options.content
 * @param {HTMLElement[]} [options.buttons] beside the one that closes
 * @param {AbortSignal} [options.signal] closes it, too
 * @param {string} [options.closing] the words of the closing button
 * @returns {{dialog: HTMLDialogElement, close: () => void, ended: AbortSignal}} `ended` aborts when
 *   it has closed: what the dialog has begun ends with it
 */
export function open({ title, content, buttons = [], signal, closing }) {
  const end = new AbortController()
  const heading = element("h2", { id: `dialog-${Math.random().toString(36).slice(2)}` }, title)
  const close = () => dialog.close()
  const dialog = element("dialog", {
    "aria-labelledby": heading.id,
    on: {
      close: () => {
        end.abort()
        dialog.remove()
      },
    },
  }, [
    heading,
    element("div", { class: "dialog-content" }, content),
    element("div", { class: "buttons" }, [
      element(
        "button",
        { type: "button", data: { action: "close" }, on: { click: close } },
        closing ?? text("close"),
      ),
      ...buttons,
    ]),
  ])
  signal?.addEventListener("abort", close, { once: true, signal: end.signal })
  document.body.append(dialog)
  dialog.showModal()
  return { dialog, close, ended: end.signal }
}

/**
 * Asks before something is done, does it, and tells how it went in the same place.
 * @param {Object} options
 * @param {string} options.title
 * @param {any} options.content what will happen
 * @param {string} options.action words of the button
 * @param {string} options.name its `data-action`
 * @param {boolean} [options.grave] it cannot be taken back
 * @param {(ended: AbortSignal) => Promise<any>} options.act what it answers is shown in place of
 *   the question; null closes the dialog
 * @param {AbortSignal} [options.signal]
 */
export function confirm({ title, content, action, name, grave = false, act, signal }) {
  const trouble = element("div", { role: "alert" })
  const place = element("div", {}, content)
  const button = element("button", {
    type: "button",
    class: grave ? "main grave" : "main",
    data: { action: `confirm-${name}` },
    on: { click: () => run() },
  }, action)
  const shown = open({
    title,
    content: [place, trouble],
    buttons: [button],
    signal,
    closing: text("cancel"),
  })
  const run = async () => {
    button.disabled = true
    fill(trouble, [])
    try {
      const outcome = await act(shown.ended)
      if (outcome === null || outcome === undefined) return shown.close()
      fill(place, outcome)
      button.remove()
      shown.dialog.querySelector("[data-action=close]").textContent = text("close")
    } catch (problem) {
      button.disabled = false
      if (problem?.name !== "AbortError") fill(trouble, told(problem))
    }
  }
  return { ...shown, button, place }
}

/** A refusal as the hub has told it, and what to do. @returns {HTMLElement} */
export function told(problem) {
  const code = problem.code ?? "unknown"
  const doing = known(`problem.${code}.do`) ? text(`problem.${code}.do`) : null
  const heading = known(`problem.${code}`)
    ? text(`problem.${code}`)
    : problem.title || text("problem.unknown")
  const further = (problem.errors ?? []).filter((error) => !problem.detail?.includes(error.detail))
    .slice(0, 20)
  return element("div", { class: "problem", data: { code } }, [
    element("p", { class: "problem-title" }, heading),
    problem.detail || problem.message ? element("p", {}, problem.detail || problem.message) : null,
    further.length > 0
      ? element(
        "ul",
        {},
        further.map((error) =>
          element("li", {}, [element("code", {}, error.pointer), " ", error.detail])
        ),
      )
      : null,
    doing ? element("p", { class: "problem-do" }, doing) : null,
    problem.instance
      ? element(
        "p",
        { class: "quiet" },
        `${problem.status} · ${code} · ${problem.instance.replace("urn:request:", "")}`,
      )
      : null,
  ])
}

/** A refusal that nothing else shows. */
export function complain(problem) {
  open({ title: text("problem.title"), content: told(problem) })
}

/**
 * Shows in `place` that something is loading, then what `load` answers, or why it failed with a
 * button to try again.
 * @param {HTMLElement} place
 * @param {AbortSignal} signal
 * @param {() => Promise<any>} load
 */
export async function loading(place, signal, load) {
  if (!place.hasChildNodes()) fill(place, element("p", { class: "loading" }, text("loading")))
  place.setAttribute("aria-busy", "true")
  try {
    const content = await load()
    if (!signal.aborted) fill(place, content)
  } catch (problem) {
    if (signal.aborted || problem?.name === "AbortError") return
    fill(place, [
      told(problem),
      element("button", {
        type: "button",
        data: { action: "again" },
        on: {
          click: () => {
            fill(place, [])
            loading(place, signal, load)
          },
        },
      }, text("again")),
    ])
  } finally {
    place.removeAttribute("aria-busy")
  }
}
