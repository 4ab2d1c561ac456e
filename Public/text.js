/** Every word of the page, by key, in the viewer's language. */
import { english } from "./text-en.js"
import { chinese } from "./text-zh.js"
import { memory } from "./memory.js"

const tables = { en: english, zh: chinese }

let current = chosen()
let plural = new Intl.PluralRules(current)

/** The viewer's choice; else the first of the browser's languages that there is a table for. */
function chosen() {
  const wanted = [memory.get("language"), ...(navigator.languages ?? [])]
  for (const language of wanted) {
    const short = String(language).slice(0, 2).toLowerCase()
    if (short in tables) return short
  }
  return "en"
}

/** @returns {"en" | "zh"} */
export function language() {
  return current
}

/** What numbers and times are formatted by. */
export function locale() {
  return current === "zh" ? "zh-CN" : "en-GB"
}

/** @param {"en" | "zh"} wanted */
export function speak(wanted) {
  current = wanted
  plural = new Intl.PluralRules(current)
  memory.set("language", wanted)
}

/**
 * The text of `key`, with `{name}` replaced by `values.name`. A text of two forms, split by `|`,
 * is told in the first where `values.n` is one.
 * @param {string} key
 * @param {Object<string, string | number>} [values] `n` is a number; `shown` is how it is written.
 */
export function text(key, values = {}) {
  const entry = tables[current][key] ?? tables.en[key]
  if (entry === undefined) {
    console.error(`no text for ${key}`)
    return key
  }
  const forms = entry.split("|")
  const form = forms.length > 1 && plural.select(Number(values.n)) !== "one" ? forms[1] : forms[0]
  return form.replace(/\{(\w+)\}/g, (all, name) => name in values ? String(values[name]) : all)
}

/** Whether there is a text of this key: codes of a newer hub may have none. */
export function known(key) {
  return key in tables.en
}
