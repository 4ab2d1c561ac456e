/** Old messages once more to one warehouse, as new ones: counted first, then done. */
import { element, fill } from "./element.js"
import { text } from "./text.js"
import { exact } from "./number.js"
import { open, told } from "./dialog.js"
import { progress } from "./progress.js"

/**
 * @param {import("./app.js").Visit} visit
 * @param {Object} search what is searched for: it tells which messages
 */
export function openReplay({ hub, signal }, search) {
  const filter = {}
  for (const name of ["topic", "key", "text", "from", "to"]) {
    if (search[name]) filter[name] = search[name]
  }
  if (search.wid !== "") filter.wid = Number(search.wid)
  const field = element("input", {
    type: "number",
    min: 1,
    max: 2147483647,
    required: true,
    value: Number(search.wid) > 0 ? search.wid : "",
    name: "wid",
  })
  const outcome = element("div", { role: "status" })
  let counted = null
  const count = element("button", {
    type: "button",
    data: { action: "preview" },
    on: { click: () => run(true) },
  }, text("replay.count"))
  const act = element("button", {
    type: "button",
    class: "main",
    disabled: true,
    data: { action: "confirm-replay" },
    on: { click: () => run(false) },
  }, text("replay.act"))
  const shown = open({
    title: text("replay.title"),
    signal,
    content: element("div", { class: "fields" }, [
      element("p", {}, text("replay.what")),
      element(
        "pre",
        {},
        Object.keys(filter).length > 0 ? JSON.stringify(filter, null, 1) : text("replay.all"),
      ),
      element("label", { class: "field" }, [text("replay.wid"), field]),
      outcome,
    ]),
    buttons: [count, act],
  })
  field.addEventListener("input", () => {
    counted = null
    act.disabled = true
    fill(outcome, [])
  }, { signal: shown.ended })

  async function run(dryRun) {
    if (!field.reportValidity()) return
    const bar = progress()
    fill(outcome, bar.node)
    count.disabled = act.disabled = field.disabled = true
    // One name for all tries of it: what was stored before an error is not stored again.
    const sum = { count: 0, lastIndex: 0, skipped: 0, first: null, last: null, id: version7() }
    const order = dryRun
      ? { filter }
      : { filter: { ...filter, last: counted.lastIndex }, id: counted.id }
    try {
      let pageToken
      do {
        const answer = await hub.post("archive/replay", {
          ...order,
          wid: Number(field.value),
          dryRun,
          pageToken,
        }, shown.ended)
        sum.count += answer.count
        sum.skipped += answer.skipped
        sum.lastIndex = Math.max(sum.lastIndex, answer.lastIndex ?? 0)
        sum.first ??= answer.copies?.firstIndex ?? null
        sum.last = answer.copies?.lastIndex ?? sum.last
        bar.show(answer.progress, sum.count)
        pageToken = answer.nextPageToken ?? undefined
      } while (pageToken)
      counted = dryRun ? sum : null
      const key = dryRun ? "replay.counted" : "replay.done"
      fill(
        outcome,
        element("div", { class: "done" }, [
          element(
            "p",
            {},
            text(key, {
              n: sum.count,
              shown: exact(sum.count),
              wid: field.value,
              first: exact(sum.first),
              last: exact(sum.last),
            }),
          ),
          sum.skipped > 0
            ? element(
              "p",
              { class: "quiet" },
              text("replay.skipped", { n: sum.skipped, shown: exact(sum.skipped) }),
            )
            : null,
        ]),
      )
    } catch (problem) {
      if (shown.ended.aborted) return
      fill(outcome, told(problem))
    } finally {
      count.disabled = field.disabled = false
      act.disabled = !(counted?.count > 0)
    }
  }
}

/** A UUID of version 7 (RFC 9562): milliseconds since 1970, then chance. */
function version7() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  let time = Date.now()
  for (let at = 5; at >= 0; at -= 1) {
    bytes[at] = time % 256
    time = Math.floor(time / 256)
  }
  bytes[6] = bytes[6] & 0x0f | 0x70
  bytes[8] = bytes[8] & 0x3f | 0x80
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
}
