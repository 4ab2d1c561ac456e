/** What a message holds, on one line. */
import { element } from "./element.js"
import { address } from "./router.js"
import { exact } from "./number.js"
import { text } from "./text.js"

const shown = 160

/** @param {string} body JSON as text */
export function glimpse(body) {
    const words = body === undefined || body === "null" ? "" : body
    return element("bdi", { class: "cut code", title: words.slice(0, 1000) }, words.length > shown ? `${words.slice(0, shown)}…` : words)
}

export function keyWords(key) {
    return key === null || key === undefined ? element("span", { class: "quiet" }, "–") : element("bdi", { class: "cut code key", title: key }, key)
}

export function topicWords(topic) {
    return element("bdi", { class: "cut topic", title: topic }, topic)
}

export function indexLink(index) {
    return element("a", { href: address("message", index), class: "number" }, exact(index))
}

/** @param {number} wid 0 is every warehouse */
export function widLink(wid) {
    return wid === 0 ? element("span", { class: "quiet" }, text("wid.all")) : element("a", { href: address("warehouse", wid), class: "number" }, String(wid))
}

/** @param {string} where `store`, or the archive file's name */
export function placeWords(where) {
    return where === "store"
        ? element("span", { class: "quiet" }, text("where.store"))
        : element("span", { class: "cut where", title: where }, text("where.archive"))
}
