/**
 * JSON as it was written. A body may hold what JavaScript would change in reading it (numbers of
 * twenty digits, a name given twice, `1.0`), and an operator must see what was sent. So the bodies
 * are cut out of an answer as text, and shown by their tokens.
 */
import { element } from "./element.js"
import { plain } from "./body.js"

const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/gs

/**
 * `JSON.parse`, but that the value of each member called `name` is its text. What lies within such
 * a value is left as it is.
 * @param {string} words
 * @param {string} name
 */
export function kept(words, name) {
  const wanted = JSON.stringify(name)
  if (!words.includes(wanted)) return JSON.parse(words)
  const parts = []
  let done = 0, before = "", name2 = "", depth = 0, start = -1, startDepth = 0
  for (const match of words.matchAll(token)) {
    const piece = match[0]
    if (start < 0 && before === ":" && name2 === wanted) {
      start = match.index
      startDepth = depth
    }
    if (piece === "{" || piece === "[") depth += 1
    if (piece === "}" || piece === "]") depth -= 1
    if (start >= 0 && depth === startDepth) {
      const end = match.index + piece.length
      parts.push(words.slice(done, start), JSON.stringify(words.slice(start, end)))
      done = end
      start = -1
    }
    if (piece === ":") name2 = before
    before = piece
  }
  parts.push(words.slice(done))
  return JSON.parse(parts.join(""))
}

const mostTokens = 20_000

/**
 * A JSON text, indented, its tokens told apart by colour. A very long one is given as it is.
 * @param {string} words
 * @returns {HTMLElement}
 */
export function pretty(told) {
  const words = plain(told)
  const pieces = words.match(token) ?? []
  const block = element("pre", { class: "json", tabindex: "0" })
  if (pieces.length === 0 || pieces.length > mostTokens) {
    block.append(words)
    return block
  }
  let indent = 0
  const line = () => `\n${"  ".repeat(indent)}`
  pieces.forEach((piece, at) => {
    const next = pieces[at + 1], last = pieces[at - 1]
    if (piece === "{" || piece === "[") {
      indent += 1
      block.append(piece, next === "}" || next === "]" ? "" : line())
    } else if (piece === "}" || piece === "]") {
      indent -= 1
      block.append(last === "{" || last === "[" ? "" : line(), piece)
    } else if (piece === ",") {
      block.append(piece, line())
    } else if (piece === ":") {
      block.append(": ")
    } else {
      block.append(element("span", { class: kind(piece, next) }, piece))
    }
  })
  return block
}

function kind(piece, next) {
  if (piece.startsWith('"')) return next === ":" ? "json-name" : "json-string"
  return /^[-0-9]/.test(piece) ? "json-number" : "json-word"
}
