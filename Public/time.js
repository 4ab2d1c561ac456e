/** Times in the viewer's zone, with UTC to point at; spans of time; and the hub's clock. */
import { locale, text } from "./text.js"
import { element } from "./element.js"

let ahead = 0

/** Sets how far the hub's clock is from the viewer's: ages are told by the hub's. */
export function setHubTime(time) {
  const milliseconds = Date.parse(time)
  if (!Number.isNaN(milliseconds)) ahead = milliseconds - Date.now()
}

/** The hub's clock, in milliseconds since 1970. */
export function hubNow() {
  return Date.now() + ahead
}

const formats = new Map()

function format(name, options) {
  const key = locale() + name
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale(), options))
  return formats.get(key)
}

const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }
const day = { year: "numeric", month: "2-digit", day: "2-digit" }

/** Day and time to the second, the day so that nobody takes it for the month. */
export function moment(time) {
  const parts = format("moment", { ...day, ...clock }).formatToParts(new Date(time))
  const { year, month, day: date, hour, minute, second } = Object.fromEntries(
    parts.map(({ type, value }) => [type, value]),
  )
  return `${year}-${month}-${date} ${hour}:${minute}:${second}`
}

/** Short enough for an axis: the time, or the day where the range is long. */
export function tick(milliseconds, long) {
  return long
    ? format("day", { month: "short", day: "numeric" }).format(milliseconds)
    : format("minute", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(
      milliseconds,
    )
}

/** The same instant in UTC, for a title. */
export function universal(time) {
  return `${new Date(time).toISOString().replace("T", " ").replace("Z", "")} UTC`
}

/** A time as an element; a dash for null. */
export function timeElement(time, words = moment) {
  if (!time) return element("span", { class: "quiet" }, "–")
  return element(
    "time",
    { datetime: time, title: `${moment(time)} · ${universal(time)}` },
    words(time),
  )
}

/** A span of seconds in its two greatest units: `2 h 5 min`. */
export function span(seconds) {
  if (seconds === null || seconds === undefined) return "–"
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return text("span.seconds", { n: whole })
  if (whole < 3600) return two(whole, 60, "minutes", 1, "seconds", whole < 600)
  if (whole < 86400) return two(whole, 3600, "hours", 60, "minutes", true)
  if (whole < 86400 * 1000) return two(whole, 86400, "days", 3600, "hours", whole < 86400 * 10)
  return two(whole, 86400 * 365, "years", 86400, "days", false)
}

function two(seconds, big, bigName, small, smallName, both) {
  const first = text(`span.${bigName}`, { n: Math.floor(seconds / big) })
  const rest = Math.floor((seconds % big) / small)
  return both && rest > 0 ? `${first} ${text(`span.${smallName}`, { n: rest })}` : first
}

/** How long ago by the hub's clock. */
export function ago(time) {
  return time ? span((hubNow() - Date.parse(time)) / 1000) : "–"
}

/** What a `datetime-local` field holds, as RFC 3339; null for an empty one. */
export function fieldTime(value) {
  return value ? new Date(value).toISOString() : null
}

/** An instant as a `datetime-local` field holds it, in the viewer's zone. */
export function fieldValue(time) {
  if (!time || Number.isNaN(Date.parse(time))) return ""
  const date = new Date(time)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 19)
}
