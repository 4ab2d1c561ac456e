/** Lines over time, drawn as SVG: gaps where there are no samples, values under the pointer. */
import { drawn, element, fill, mark, write } from "./element.js"
import { text } from "./text.js"
import { moment, tick, universal } from "./time.js"

const height = 168, left = 62, right = 10, top = 8, bottom = 22

/**
 * @typedef {Object} Series
 * @property {string} name
 * @property {"one" | "two" | "three"} colour
 * @property {(sample: any) => number | null} value
 */

export class Chart {
  node
  #series
  #format
  #unit
  #zero
  #picture
  #cross
  #readout
  #values = []
  #samples = []
  #from = 0
  #to = 1
  #step = 60
  #width = 600
  #at = null
  #label

  /**
   * @param {Object} options
   * @param {string} options.label
   * @param {Series[]} options.series
   * @param {(value: number) => string} options.format
   * @param {"number" | "bytes" | "span"} [options.unit] what the axis' steps are round in
   * @param {boolean} [options.zero] whether the axis begins at zero
   * @param {AbortSignal} options.signal
   */
  constructor({ label, series, format, unit = "number", zero = true, signal }) {
    this.#series = series
    this.#format = format
    this.#unit = unit
    this.#zero = zero
    this.#label = label
    this.#picture = drawn("svg", {
      class: "chart",
      role: "img",
      tabindex: "0",
      height,
      "aria-label": label,
    })
    this.#readout = element("span", { class: "quiet chart-at" })
    this.#values = series.map(() => element("b", { class: "number" }, "–"))
    const legend = series.map((one, at) =>
      element("span", { class: "chart-key" }, [
        element("span", { class: `chart-line chart-${one.colour}`, "aria-hidden": "true" }),
        `${one.name} `,
        this.#values[at],
      ])
    )
    this.node = element("figure", { class: "chart-box" }, [
      element("figcaption", {}, [
        element("span", { class: "chart-title" }, label),
        ...legend,
        this.#readout,
      ]),
      this.#picture,
    ])
    const listen = (event, action) => this.#picture.addEventListener(event, action, { signal })
    listen("pointermove", (event) => this.#point(event))
    listen("pointerleave", () => this.#look(null))
    listen("blur", () => this.#look(null))
    listen("keydown", (event) => this.#keys(event))
    const sizes = new ResizeObserver(() => this.#resized())
    sizes.observe(this.node)
    signal.addEventListener("abort", () => sizes.disconnect())
  }

  /**
   * @param {{at: string}[]} samples oldest first
   * @param {string} from
   * @param {string} to
   * @param {number} [step] seconds between two samples; a gap is where it is much more
   */
  show(samples, from, to, step) {
    this.#samples = samples.map((sample) => ({ ...sample, time: Date.parse(sample.at) }))
    this.#from = Date.parse(from)
    this.#to = Math.max(Date.parse(to), this.#from + 1000)
    this.#step = step ?? usualStep(this.#samples)
    this.#at = null
    this.#draw()
    this.#tell()
  }

  #resized() {
    const width = Math.max(240, Math.round(this.node.clientWidth - 2))
    if (width === this.#width) return
    this.#width = width
    this.#draw()
  }

  #bounds() {
    let low = Infinity, high = -Infinity
    for (const sample of this.#samples) {
      for (const { value } of this.#series) {
        const number = value(sample)
        if (number === null || number === undefined) continue
        low = Math.min(low, number)
        high = Math.max(high, number)
      }
    }
    if (high === -Infinity) return { low: 0, high: 1, step: 1 }
    if (this.#zero) low = Math.min(0, low)
    if (high === low) high = low + 1
    const step = steps[this.#unit]((high - low) / 3)
    return { low: Math.floor(low / step) * step, high: Math.ceil(high / step) * step, step }
  }

  #draw() {
    const { low, high, step } = this.#bounds()
    const x = (time) =>
      left + (time - this.#from) / (this.#to - this.#from) * (this.#width - left - right)
    const y = (value) => top + (1 - (value - low) / (high - low)) * (height - top - bottom)
    this.#place = { x, y }
    const parts = []
    for (let value = low; value <= high + step / 2; value += step) {
      parts.push(
        drawn("line", {
          class: "chart-grid",
          x1: left,
          x2: this.#width - right,
          y1: y(value),
          y2: y(value),
        }),
      )
      parts.push(
        drawn("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, this.#format(value)),
      )
    }
    parts.push(...this.#hours(x))
    for (const one of this.#series) {
      parts.push(
        drawn("path", { class: `chart-path chart-${one.colour}`, d: this.#path(one, x, y) }),
      )
    }
    this.#cross = drawn("g", { class: "chart-cross", visibility: "hidden" })
    fill(this.#picture, [...parts, this.#cross])
    mark(this.#picture, "width", this.#width)
    mark(this.#picture, "viewBox", `0 0 ${this.#width} ${height}`)
    if (this.#samples.length === 0) {
      this.#picture.append(
        drawn(
          "text",
          { x: (left + this.#width) / 2, y: height / 2, "text-anchor": "middle" },
          text("chart.none"),
        ),
      )
    }
  }

  #place = null

  #hours(x) {
    const long = this.#to - this.#from > 2 * 86400e3
    const most = Math.max(2, Math.floor((this.#width - left) / 110))
    const steps = [5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080].map((minutes) =>
      minutes * 60e3
    )
    const step = steps.find((one) => (this.#to - this.#from) / one <= most) ??
      steps[steps.length - 1]
    const zone = new Date(this.#from).getTimezoneOffset() * 60e3
    const parts = []
    for (
      let time = Math.ceil((this.#from - zone) / step) * step + zone;
      time <= this.#to;
      time += step
    ) {
      parts.push(
        drawn("line", {
          class: "chart-tick",
          x1: x(time),
          x2: x(time),
          y1: height - bottom,
          y2: height - bottom + 4,
        }),
      )
      parts.push(
        drawn("text", {
          x: Math.min(x(time), this.#width - 20),
          y: height - 5,
          "text-anchor": "middle",
        }, tick(time, long)),
      )
    }
    return parts
  }

  #path({ value }, x, y) {
    let path = "", last = null
    for (const sample of this.#samples) {
      const number = value(sample)
      if (number === null || number === undefined) {
        last = null
        continue
      }
      const begins = last === null || sample.time - last > this.#step * 2600
      path += `${begins ? "M" : "L"}${x(sample.time).toFixed(1)} ${y(number).toFixed(1)}${
        begins ? "h.01" : ""
      }`
      last = sample.time
    }
    return path
  }

  #point(event) {
    const box = this.#picture.getBoundingClientRect()
    const share = (event.clientX - box.left - left) / (this.#width - left - right)
    const time = this.#from + share * (this.#to - this.#from)
    let best = null
    this.#samples.forEach((sample, at) => {
      if (
        best === null || Math.abs(sample.time - time) < Math.abs(this.#samples[best].time - time)
      ) best = at
    })
    this.#look(best)
  }

  #keys(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }
    if (!(event.key in steps) || this.#samples.length === 0) return
    event.preventDefault()
    const from = this.#at ?? this.#samples.length - 1
    this.#look(Math.max(0, Math.min(this.#samples.length - 1, from + steps[event.key])))
  }

  #look(at) {
    this.#at = at
    mark(this.#cross, "visibility", at === null ? "hidden" : "visible")
    if (at !== null) {
      const sample = this.#samples[at], x = this.#place.x(sample.time)
      fill(this.#cross, [
        drawn("line", { x1: x, x2: x, y1: top, y2: height - bottom }),
        ...this.#series.map(({ value, colour }) => [value(sample), colour]).filter(([number]) =>
          number !== null && number !== undefined
        )
          .map(([number, colour]) =>
            drawn("circle", { class: `chart-${colour}`, cx: x, cy: this.#place.y(number), r: 3 })
          ),
      ])
    }
    this.#tell()
  }

  /** The values under the pointer, else the newest. */
  #tell() {
    const sample = this.#samples[this.#at ?? this.#samples.length - 1]
    this.#series.forEach(({ value }, at) => {
      const number = sample ? value(sample) : null
      write(this.#values[at], number === null || number === undefined ? "–" : this.#format(number))
    })
    write(
      this.#readout,
      this.#at === null || !sample ? "" : moment(sample.at),
      sample ? universal(sample.at) : null,
    )
    const told = this.#series.map((one, at) => `${one.name} ${this.#values[at].textContent}`).join(
      ", ",
    )
    mark(
      this.#picture,
      "aria-label",
      `${this.#label}: ${told}${this.#at !== null && sample ? `, ${moment(sample.at)}` : ""}`,
    )
  }
}

function usualStep(samples) {
  const steps = samples.slice(1).map((sample, at) => (sample.time - samples[at].time) / 1000).sort((
    one,
    other,
  ) => one - other)
  return steps[Math.floor(steps.length / 2)] || 60
}

const spans = [
  1,
  2,
  5,
  10,
  20,
  30,
  60,
  120,
  300,
  600,
  1200,
  1800,
  3600,
  7200,
  14400,
  21600,
  43200,
  86400,
]

/** The least round step at or above `wanted`, by what the axis counts. */
const steps = {
  number: niceStep,
  span: (wanted) => spans.find((step) => step >= wanted) ?? 86400 * niceStep(wanted / 86400),
  bytes(wanted) {
    const power = 1024 ** Math.max(0, Math.floor(Math.log(Math.max(1, wanted)) / Math.log(1024)))
    return power * niceStep(wanted / power)
  },
}

/** 1, 2 or 5 times a power of ten, at or above `wanted`. */
function niceStep(wanted) {
  const power = 10 ** Math.floor(Math.log10(wanted))
  return [1, 2, 5, 10].map((one) => one * power).find((step) => step >= wanted * 0.999) ??
    10 * power
}

/** Which stretch of time a chart shows. */
export const ranges = ["hour", "day", "week"]

/** @param {(range: string) => void} choose */
export function rangeSwitch(current, choose) {
  const buttons = ranges.map((range) =>
    element("button", {
      type: "button",
      data: { range },
      "aria-pressed": String(range === current),
      on: {
        click: () => {
          for (const button of buttons) {
            button.setAttribute("aria-pressed", String(button.dataset.range === range))
          }
          choose(range)
        },
      },
    }, text(`range.${range}`))
  )
  return element("div", { class: "switch", role: "group", "aria-label": text("range") }, buttons)
}
