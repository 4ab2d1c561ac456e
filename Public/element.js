/**
 * Elements of the page, made in one expression. Text goes in as text nodes and nothing is ever
 * parsed as markup: what a message holds cannot become part of the page.
 */

/** @typedef {Node | string | number | null | undefined | false} Child */

const drawing = "http://www.w3.org/2000/svg"

/**
 * @param {string} tag
 * @param {Object} [properties] `class`; `data`: the dataset; `on`: listeners by event, ended by
 *   `signal` if one is given; `value`, `checked`, `open`: as properties; all else as attributes,
 *   left out if null or false.
 * @param {Child | (Child | Child[])[]} [children]
 * @returns {HTMLElement}
 */
export function element(tag, properties, children) {
  return furnished(document.createElement(tag), properties, children)
}

/**
 * The same for SVG.
 * @returns {SVGElement}
 */
export function drawn(tag, properties, children) {
  return furnished(document.createElementNS(drawing, tag), properties, children)
}

function furnished(node, properties = {}, children = []) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue
    if (name === "class") node.setAttribute("class", value)
    else if (name === "data") Object.assign(node.dataset, value)
    else if (name === "on") listen(node, value, properties.signal)
    else if (name === "signal") continue
    else if (name === "value" || name === "checked") node[name] = value
    else node.setAttribute(name, value === true ? "" : String(value))
  }
  node.append(...nodes(children))
  return node
}

function listen(node, listeners, signal) {
  for (const [event, listener] of Object.entries(listeners)) {
    node.addEventListener(event, listener, { signal })
  }
}

function nodes(children) {
  return [children].flat(2).filter((child) =>
    child !== null && child !== undefined && child !== false
  )
    .map((child) => child instanceof Node ? child : String(child))
}

/** Puts `children` in the place of what `node` holds. */
export function fill(node, children) {
  node.replaceChildren(...nodes(children))
  return node
}

/** Writes a text where it has changed: an unchanged one costs no layout. */
export function write(node, words, title) {
  const written = String(words)
  if (node.textContent !== written) node.textContent = written
  if (title === undefined) return
  if (title === null || title === "") node.removeAttribute("title")
  else if (node.title !== title) node.title = title
}

/** Sets an attribute where it has changed; null takes it away. */
export function mark(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name)
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, String(value))
  }
}
