/** The fields of a filter, each under its name. */
import { element } from "./element.js"
import { text } from "./text.js"

/**
 * @param {string} page whose texts name them
 * @param {Object<string, string>} values what they begin with
 * @param {Object<string, HTMLInputElement>} fields takes them up, by name
 * @returns {(name: string, properties: Object) => HTMLLabelElement}
 */
export function fieldsOf(page, values, fields) {
  return (name, properties) => {
    fields[name] = element("input", {
      name,
      autocomplete: "off",
      spellcheck: "false",
      ...properties,
      value: properties.value ?? values[name],
    })
    return element("label", {}, [text(`${page}.${name}`), fields[name]])
  }
}
