/** The archive's files, and whether they are sound. */
import { element, fill } from "./element.js"
import { text } from "./text.js"
import { bytes, exact, short } from "./number.js"
import { span, timeElement } from "./time.js"
import { Pages } from "./pages.js"
import { open, told } from "./dialog.js"
import { nothing, sheet } from "./table.js"
import { progress } from "./progress.js"
import { indexLink } from "./body.js"

const mostDamages = 200

export const title = () => text("archive.title")

/** @param {import("./app.js").Visit} visit */
export function show(visit) {
  const figures = element("div")
  const pages = new Pages({
    signal: visit.signal,
    load: (token, signal) => files(visit, figures, token, signal, () => pages.again()),
  })
  const verify = element("button", {
    type: "button",
    data: { action: "verify" },
    on: { click: () => openVerify(visit, null, () => pages.again()) },
  }, text("archive.verify.all"))
  fill(visit.root, [
    element("div", { class: "top" }, [
      element("h1", {}, text("archive.title")),
      element("div", { class: "actions" }, verify),
    ]),
    figures,
    pages.node,
  ])
  pages.begin()
}

async function files(visit, figures, token, signal, again) {
  const archive = await visit.hub.get("archive", { limit: 100, pageToken: token }, signal)
  fill(figures, sums(archive))
  if (archive.files.length === 0) {
    return {
      content: nothing(
        text("archive.none"),
        element("p", {}, text("archive.none.do", { span: span(archive.retention.seconds) })),
      ),
      next: null,
    }
  }
  const columns = [
    {
      id: "name",
      title: text("archive.file"),
      class: "tight",
      cell: (file) => element("span", { class: "code" }, file.name),
    },
    { id: "state", title: text("fleet.state"), class: "tight", cell: fileState },
    {
      id: "from",
      title: text("archive.from"),
      class: "tight",
      cell: (file) => timeElement(file.from),
    },
    { id: "to", title: text("archive.to"), class: "tight", cell: (file) => timeElement(file.to) },
    {
      id: "first",
      title: text("archive.first"),
      numeric: true,
      cell: (file) => indexLink(file.first),
    },
    {
      id: "last",
      title: text("archive.last"),
      numeric: true,
      cell: (file) => indexLink(file.last),
    },
    {
      id: "messages",
      title: text("archive.messages"),
      numeric: true,
      cell: (file) => exact(file.messages),
    },
    {
      id: "bytes",
      title: text("archive.bytes"),
      numeric: true,
      cell: (file) => element("span", { title: exact(file.bytes) }, bytes(file.bytes)),
    },
    {
      id: "rawBytes",
      title: text("archive.raw"),
      numeric: true,
      cell: (file) => element("span", { title: exact(file.rawBytes) }, bytes(file.rawBytes)),
    },
    { id: "ratio", title: text("archive.ratio"), numeric: true, cell: (file) => ratio(file.ratio) },
    {
      id: "verified",
      title: text("archive.verified"),
      class: "tight",
      cell: (file) =>
        file.verified
          ? timeElement(file.verified)
          : element("span", { class: "quiet" }, text("archive.verified.not")),
    },
    {
      id: "verify",
      title: element("span", { class: "hidden" }, text("actions")),
      class: "tight",
      cell: (file) =>
        element("button", {
          type: "button",
          class: "small",
          data: { action: "verify-file" },
          on: { click: () => openVerify(visit, file.name, again) },
        }, text("archive.verify")),
    },
  ]
  return {
    content: sheet({
      columns,
      items: archive.files,
      row: (file) => ({ data: { file: file.name } }),
      label: text("archive.title"),
    }),
    next: archive.nextPageToken,
  }
}

function ratio(number) {
  return number === null ? "–" : `${exact(Math.round(number * 10) / 10)} : 1`
}

function fileState({ state }) {
  const sign = { ok: "✓", missing: "○", damaged: "✕" }[state] ?? "?"
  return element("span", { class: "state", data: { state: state === "ok" ? "ok" : "silent" } }, [
    element("span", { class: "sign", "aria-hidden": "true" }, sign),
    text(`archive.state.${state}`),
  ])
}

function sums(archive) {
  const names = [
    ["messages", short(archive.messages), archive.messages],
    ["bytes", bytes(archive.bytes), archive.bytes],
    ["rawBytes", bytes(archive.rawBytes), archive.rawBytes],
    ["ratio", ratio(archive.ratio), null],
    ["oldest", exact(archive.oldest), null],
    ["border", exact(archive.border), null],
    ["head", exact(archive.head), null],
    ["retention", span(archive.retention.seconds), archive.retention.seconds],
    [
      "retentionBytes",
      archive.retention.bytes === null ? text("archive.any") : bytes(archive.retention.bytes),
      archive.retention.bytes,
    ],
    [
      "archiveRetention",
      archive.archiveRetention.seconds === null
        ? text("archive.ever")
        : span(archive.archiveRetention.seconds),
      archive.archiveRetention.seconds,
    ],
  ]
  return element(
    "dl",
    { class: "figures" },
    names.map(([name, words, number]) =>
      element("div", { title: text(`archive.sum.${name}.hint`) }, [
        element("dt", {}, text(`archive.sum.${name}`)),
        element(
          "dd",
          { data: { field: name }, title: number === null ? null : exact(number) },
          words,
        ),
      ])
    ),
  )
}

/** Reads again what is in the archive, slice by slice: shown as it goes, ended with the dialog. */
function openVerify({ hub, signal }, file, after) {
  const place = element("div", { role: "status" })
  const { ended, dialog } = open({
    title: file ? text("archive.verify.one", { file }) : text("archive.verify.all"),
    content: place,
    signal,
    closing: text("stop"),
  })
  const bar = progress(), sum = { frames: 0, messages: 0, bytes: 0 }, damages = []
  fill(place, bar.node)
  const run = async () => {
    let pageToken
    do {
      const answer = await hub.post(
        "archive/verify",
        { ...(file ? { file } : {}), pageToken },
        ended,
      )
      for (const name of Object.keys(sum)) sum[name] += answer.verified[name]
      damages.push(...answer.damages)
      bar.show(answer.progress, damages.length)
      pageToken = answer.nextPageToken ?? undefined
    } while (pageToken)
  }
  dialog.classList.add("broad")
  run().then(() => fill(place, verdict(sum, damages)), (problem) => {
    if (!ended.aborted) fill(place, told(problem))
  })
    .finally(() => {
      dialog.querySelector("[data-action=close]").textContent = text("close")
      after()
    })
}

function verdict(sum, damages) {
  const sound = element(
    "p",
    { class: "done", data: { field: "sound" } },
    text("archive.sound", {
      messages: exact(sum.messages),
      frames: exact(sum.frames),
      bytes: bytes(sum.bytes),
    }),
  )
  if (damages.length === 0) {
    return [sound, element("p", { data: { field: "damages" } }, text("archive.damages.none"))]
  }
  const columns = [
    {
      id: "file",
      title: text("archive.file"),
      class: "tight",
      cell: (damage) => element("span", { class: "code" }, damage.file),
    },
    {
      id: "kind",
      title: text("archive.kind"),
      class: "tight",
      cell: (damage) => element("span", { class: "bad" }, text(`archive.kind.${damage.kind}`)),
    },
    {
      id: "first",
      title: text("archive.first"),
      numeric: true,
      cell: (damage) => exact(damage.first),
    },
    {
      id: "last",
      title: text("archive.last"),
      numeric: true,
      cell: (damage) => exact(damage.last),
    },
    { id: "detail", title: text("archive.detail"), cell: (damage) => damage.detail },
  ]
  return [
    sound,
    element(
      "p",
      { class: "bad", data: { field: "damages" } },
      text("archive.damages", { n: damages.length, shown: exact(damages.length) }),
    ),
    sheet({ columns, items: damages.slice(0, mostDamages), label: text("archive.kind") }),
    element("p", {}, text("archive.damages.do")),
  ]
}
