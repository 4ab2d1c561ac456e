/** Retry or drop, of those listed or of all that fit; asked first, with a result for each. */
import { element, fill } from "./element.js"
import { known, text } from "./text.js"
import { exact } from "./number.js"
import { confirm } from "./dialog.js"
import { sheet } from "./table.js"
import { progress } from "./progress.js"
import { keyWords, topicWords, widLink } from "./body.js"

const mostShown = 200

/**
 * @param {import("./app.js").Visit} visit
 * @param {"retry" | "drop"} action
 * @param {Object[]} letters
 * @param {() => void} after called when something was ordered
 */
export function orderListed({ hub, signal }, action, letters, after) {
  const asked = confirm({
    ...words(action, letters.length),
    content: [
      element(
        "p",
        {},
        text(`orders.${action}.what`, { n: letters.length, shown: exact(letters.length) }),
      ),
      listOf(letters),
    ],
    signal,
    async act(ended) {
      const bar = progress(), results = []
      asked.place.append(bar.node)
      for (const letter of letters) {
        results.push({ ...letter, ...await orderOne(hub, action, letter, ended) })
        bar.show({ looked: results.length, of: letters.length })
      }
      after()
      asked.dialog.classList.add("broad")
      return outcome(action, results)
    },
  })
}

async function orderOne(hub, action, letter, signal) {
  try {
    await hub.post(`dead-letters/${letter.n}/${action}`, {}, signal)
    return { result: "ordered" }
  } catch (problem) {
    if (problem.name === "AbortError" || signal.aborted) throw problem
    return { result: problem.code, detail: problem.detail }
  }
}

/** @param {Object} filter as the hub takes it; counted by a dry run before the question is asked */
export function orderFitting({ hub, signal }, action, filter, after) {
  const place = element("div", { role: "status" }, text("orders.counting"))
  const asked = confirm({
    ...words(action, null),
    content: place,
    signal,
    async act(ended) {
      const results = await slices(hub, action, { filter }, ended)
      after()
      asked.dialog.classList.add("broad")
      return outcome(action, results)
    },
  })
  asked.button.disabled = true
  slices(hub, action, { filter, dryRun: true }, asked.ended).then((fits) => {
    const able = fits.filter(({ result }) => result === "fits")
    fill(place, [
      element(
        "p",
        {},
        text(`orders.${action}.what`, { n: able.length, shown: exact(able.length) }),
      ),
      element(
        "pre",
        {},
        Object.keys(filter).length > 0 ? JSON.stringify(filter) : text("orders.all"),
      ),
      listOf(able),
    ])
    asked.button.disabled = able.length === 0
  }, (problem) => {
    if (!asked.ended.aborted) {
      asked.close()
      throw problem
    }
  })
}

async function slices(hub, action, order, signal) {
  const results = []
  let pageToken
  do {
    const answer = await hub.post(`dead-letters/${action}`, { ...order, pageToken }, signal)
    results.push(...answer.results)
    pageToken = answer.nextPageToken ?? undefined
  } while (pageToken)
  return results
}

function words(action, number) {
  return {
    title: text(`orders.${action}.title`),
    action: number === null
      ? text(`orders.${action}`)
      : text(`orders.${action}.n`, { n: number, shown: exact(number) }),
    name: action,
    grave: action === "drop",
  }
}

function listOf(letters) {
  if (letters.length < 2) return null
  const shown = letters.slice(0, 8).map((letter) =>
    element("li", {}, [
      `${letter.wid} · `,
      element("bdi", {}, letter.topic),
      " · ",
      element("bdi", { class: "code" }, letter.key ?? "–"),
    ])
  )
  const more = letters.length - shown.length
  return element("ul", { class: "short" }, [
    ...shown,
    more > 0
      ? element("li", { class: "quiet" }, text("more", { n: more, shown: exact(more) }))
      : null,
  ])
}

/** Those that were refused come first. */
function outcome(action, results) {
  const ordered = results.filter(({ result }) => result === "ordered").length
  const sorted = [...results].sort((one, other) =>
    (one.result === "ordered") - (other.result === "ordered")
  )
  const columns = [
    { id: "n", title: text("letters.n"), numeric: true, cell: (one) => exact(one.n) },
    {
      id: "result",
      title: text("orders.result"),
      cell: (one) =>
        element(
          "span",
          { class: one.result === "ordered" ? "good" : "bad", data: { result: one.result } },
          known(`orders.result.${one.result}`)
            ? text(`orders.result.${one.result}`)
            : one.detail || one.result,
        ),
    },
    { id: "wid", title: text("letters.wid"), numeric: true, cell: (one) => widLink(one.wid) },
    { id: "topic", title: text("letters.topic"), cell: (one) => topicWords(one.topic) },
    { id: "key", title: text("letters.key"), cell: (one) => keyWords(one.key) },
  ]
  return [
    element(
      "p",
      { role: "status", data: { field: "ordered" } },
      text(`orders.${action}.done`, {
        n: ordered,
        shown: exact(ordered),
        all: exact(results.length),
      }),
    ),
    sheet({
      columns,
      items: sorted.slice(0, mostShown),
      row: (one) => ({ data: { letter: one.n } }),
      label: text("orders.result"),
    }),
    sorted.length > mostShown
      ? element(
        "p",
        { class: "quiet" },
        text("more", { n: sorted.length - mostShown, shown: exact(sorted.length - mostShown) }),
      )
      : null,
  ]
}
