/** What a message holds, on one line. */
import { element } from "./element.js"
import { address } from "./router.js"
import { exact } from "./number.js"
import { text } from "./text.js"

const shown = 160

/** Characters that are not seen, or that turn the order of what is seen: written as JSON would. */
const unseen =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g

/** @param {string} words of somebody else */
export function plain(words) {
  return words.replace(
    unseen,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
}

/** @param {string} body JSON as text */
export function glimpse(body) {
  const words = body === undefined || body === "null" ? "" : plain(body.slice(0, 2 * shown))
  return element(
    "bdi",
    { class: "cut code", title: words },
    words.length > shown ? `${words.slice(0, shown)}…` : words,
  )
}

export function keyWords(key) {
  return key === null || key === undefined
    ? element("span", { class: "quiet" }, "–")
    : element("bdi", { class: "cut code key", title: plain(key) }, plain(key))
}

export function topicWords(topic) {
  return element("bdi", { class: "cut topic", title: topic }, topic)
}

export function indexLink(index) {
  return element("a", { href: address("message", index), class: "number" }, exact(index))
}

/** @param {number} wid 0 is every warehouse */
export function widLink(wid) {
  return wid === 0
    ? element("span", { class: "quiet" }, text("wid.all"))
    : element("a", { href: address("warehouse", wid), class: "number" }, String(wid))
}

/** @param {string} where `store`, or the archive file's name */
export function placeWords(where) {
  return where === "store"
    ? element("span", { class: "quiet" }, text("where.store"))
    : element("span", { class: "cut where", title: where }, text("where.archive"))
}
