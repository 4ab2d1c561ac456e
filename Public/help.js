/** What this is, for somebody who sees it for the first time. */
import { element, fill, write } from "./element.js"
import { text } from "./text.js"
import { stateBadge, states } from "./state.js"

export const title = () => text("nav.help")

/** @param {import("./app.js").Visit} visit */
export function show({ root, hub, signal }) {
  const version = element("p", { class: "quiet", data: { field: "version" } })
  hub.get("session", {}, signal).then(
    (session) => write(version, text("help.hub", session)),
    () => {},
  )
  fill(root, [
    element("h1", {}, text("help.title")),
    element("p", {}, text("help.what")),
    version,
    element("h2", {}, text("help.states")),
    element(
      "dl",
      { class: "legend" },
      states.map((state) =>
        element("div", {}, [
          element("dt", {}, stateBadge(state)),
          element("dd", {}, text(`state.${state}.hint`)),
        ])
      ),
    ),
    element("h2", {}, text("help.try")),
    tryOut(),
    element("h2", {}, text("help.look")),
    element(
      "ul",
      { class: "links" },
      ["/openapi.yaml", "/metrics", "/readyz", "/v1/warehouses", "/v1/topics"].map((path) =>
        element("li", {}, [
          element("a", { href: path }, path),
          " ",
          text(`help.link.${path.split("/").pop().split(".")[0]}`),
        ])
      ),
    ),
  ])
}

/** The two lines that make something to look at. @returns {HTMLElement} */
export function tryOut() {
  const publish =
    `curl ${location.origin}/v1/messages \\\n  -d '{"topic":"SaleOrder_Changed","wid":3,"key":"order:10001","body":{"OrderId":"10001"}}'`
  const pull = `curl ${location.origin}/v1/warehouses/3/pull -d '{"limit":10}'`
  return element("div", { class: "try" }, [
    element("p", {}, text("help.publish")),
    element("pre", { tabindex: "0" }, publish),
    element("p", {}, text("help.pull")),
    element("pre", { tabindex: "0" }, pull),
    element("p", { class: "quiet" }, text("help.token")),
  ])
}
