/** Numbers as people read them: grouped, and short where they are huge. */
import { locale } from "./text.js"
import { element } from "./element.js"

const formats = new Map()

function format(options) {
  const name = locale() + JSON.stringify(options)
  if (!formats.has(name)) formats.set(name, new Intl.NumberFormat(locale(), options))
  return formats.get(name)
}

const none = "–"

/** All digits, grouped; a dash for null. */
export function exact(number) {
  return number === null || number === undefined ? none : format({}).format(number)
}

/** Grouped up to seven digits, then three digits and a word such as M. */
export function short(number) {
  if (number === null || number === undefined) return none
  if (Math.abs(number) < 1e7) return format({ maximumFractionDigits: 0 }).format(number)
  return format({ notation: "compact", maximumSignificantDigits: 3 }).format(number)
}

/** A place in the log: its last digits count, so it stays whole up to twelve digits. */
export function place(index) {
  return index !== null && index !== undefined && index < 1e12 ? exact(index) : short(index)
}

/** So many a second. */
export function rate(number) {
  if (number === null || number === undefined) return none
  if (number === 0) return "0"
  if (number < 0.01) return "<0.01"
  if (number >= 1e6) return short(number)
  return format({ maximumSignificantDigits: number < 1000 ? 3 : 6, maximumFractionDigits: 2 })
    .format(number < 1000 ? number : Math.round(number))
}

const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]

/** Bytes by powers of 1024, to three digits. */
export function bytes(number) {
  if (number === null || number === undefined) return none
  let value = number, unit = 0
  while (Math.abs(value) >= 1000 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${format({ maximumSignificantDigits: 3 }).format(value)} ${units[unit]}`
}

export function percent(share) {
  return format({ style: "percent", maximumFractionDigits: share < 0.1 ? 1 : 0 }).format(share)
}

/** A figure: short to see, exact to point at. */
export function figure(number, written = short(number)) {
  return element("span", {
    class: "number",
    title: number === null || number === undefined ? null : exact(number),
  }, written)
}
