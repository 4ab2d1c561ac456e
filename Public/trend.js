/** A small line: where a figure comes from, without numbers. */
import { drawn, mark } from "./element.js"

const width = 72, height = 18

export function trendLine() {
  return drawn("svg", {
    class: "trend",
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    "aria-hidden": "true",
  }, drawn("polyline", { fill: "none", "stroke-width": 1.25, "stroke-linejoin": "round" }))
}

/** The newest value stands at the right; a value a minute, as many as there are. */
export function showTrend(line, values = []) {
  const top = Math.max(1, ...values)
  const step = (width - 2) / 29
  const points = values.map((value, at) => {
    const x = width - 1 - (values.length - 1 - at) * step
    const y = height - 1.5 - (value / top) * (height - 3)
    return `${x.toFixed(1)},${y.toFixed(1)}`
  })
  mark(line.firstChild, "points", points.length > 1 ? points.join(" ") : "")
  const first = values[0] ?? 0, last = values[values.length - 1] ?? 0
  mark(line, "data-way", last > first * 1.1 + 1 ? "up" : last < first * 0.9 - 1 ? "down" : "level")
}
