/** Where the viewer is: the fragment of the address, as page, argument and query. */

/** @typedef {{page: string, argument: string, query: URLSearchParams}} Route */

/** @returns {Route} */
export function route(hash = location.hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?", 2)
  const [page, ...rest] = path.split("/")
  return {
    page: page || "fleet",
    argument: decoded(rest.join("/")),
    query: new URLSearchParams(query),
  }
}

function decoded(part) {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/**
 * The address of a page; what is empty is left out of the query.
 * @param {string} page
 * @param {string | number} [argument]
 * @param {Object<string, string | number | null | undefined>} [query]
 */
export function address(page, argument, query = {}) {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") search.set(name, String(value))
  }
  const path = argument === undefined || argument === ""
    ? page
    : `${page}/${encodeURIComponent(argument)}`
  return `#/${path}${search.size === undefined || search.toString() ? `?${search}` : ""}`.replace(
    /\?$/,
    "",
  )
}

/** Notes what a page shows in the address, so that it can be sent on; no new step back. */
export function note(page, argument, query) {
  const wanted = address(page, argument, query)
  if (location.hash !== wanted) history.replaceState(null, "", wanted)
}
