// The panels of curves: one uPlot each, one cursor for all.

import { panelOf } from "./panels.js";
import { smoothed } from "./smoothing.js";
import { colour, element, seriesColour } from "./elements.js";
import { count, duration, number, share, short } from "./words.js";

/** @typedef {import("./panels.js").Family} Family */
/** @typedef {import("./panels.js").Panel} Panel */
/** @typedef {import("./panels.js").Line} Line */
/** @typedef {{name: string, index: number, curves: import("./store.js").Curves}} Shown a run, and the number of its colour */
/** @typedef {{smoothing: number, over: "images"|"hours", logarithmic: boolean}} Options */
/** @typedef {{label: string, stroke: string, dash: number[], values: (number|null)[], raw: ?(number|null)[], xs: number[]}} Drawn */

const DASHES = [[], [6, 4], [2, 3], [10, 3, 2, 3], [1, 4]];
const HEIGHT = 190;

export class Charts {
  /** @param {HTMLElement} place @param {(text: string) => void} tell is given where the cursor stands */
  constructor(place, tell) {
    this.place = place;
    this.tell = tell;
    /** @type {any} */
    this.uPlot = null;
    /** @type {Map<string, {plot: any, key: HTMLElement, drawn: Drawn[], panel: Panel, box: HTMLElement}>} */
    this.charts = new Map();
    this.layout = "";
    /** @type {Family[]} */
    this.families = [];
    this.resizing = new ResizeObserver((entries) => {
      for (const entry of entries) {
        const chart = this.charts.get(/** @type {HTMLElement} */ (entry.target).dataset.panel ?? "");
        if (chart && entry.contentRect.width > 0) chart.plot.setSize({ width: Math.floor(entry.contentRect.width), height: HEIGHT });
      }
    });
  }

  /** Fetches what draws; false where this installation lacks it. */
  async load() {
    try {
      this.uPlot = (await import("../vendor/uplot/uPlot.esm.js")).default;
    } catch {
      this.uPlot = null;
    }
    return this.uPlot !== null;
  }

  /** @param {Family[]} families @param {Shown[]} runs @param {Options} options */
  draw(families, runs, options) {
    if (!this.uPlot) return;
    this.families = families;
    const layout = JSON.stringify([families, runs.map((run) => [run.name, run.index]), options, colour("--paper")]);
    const same = layout === this.layout;
    if (!same) this.build(families);
    this.layout = layout;
    for (const panel of families.flatMap((family) => family.panels)) this.fill(panel, runs, options, same);
  }

  /** Brings the panel of "file.column" into view. @param {string} name */
  seek(name) {
    const panel = panelOf(this.families, name);
    const box = panel && this.charts.get(panel.id)?.box;
    if (!box) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    box.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
    box.classList.add("sought");
    setTimeout(() => box.classList.remove("sought"), 2500);
    /** @type {HTMLElement|null} */ (box.querySelector(".chart"))?.focus({ preventScroll: true });
  }

  /** @param {Family[]} families */
  build(families) {
    for (const chart of this.charts.values()) chart.plot?.destroy();
    this.charts.clear();
    this.resizing.disconnect();
    this.place.replaceChildren(...families.map((family) => element(
      "div", { class: "family" }, element("h3", { text: family.title }),
      element("div", { class: "panels" }, ...family.panels.map((panel) => this.box(panel))),
    )));
  }

  /** @param {Panel} panel */
  box(panel) {
    const key = element("p", { class: "key" });
    const chart = element("div", { class: "chart", tabIndex: 0, role: "img", "data-panel": panel.id });
    chart.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.step(panel.id, event));
    const title = element("h4", {}, panel.title, panel.unit && element("span", { class: "unit", text: panel.unit }));
    const box = element("div", { class: "panel", id: `panel-${panel.id}` }, title, key, chart);
    this.charts.set(panel.id, { plot: null, key, drawn: [], panel, box });
    return box;
  }

  /** @param {Panel} panel @param {Shown[]} runs @param {Options} options @param {boolean} same whether only rows were added */
  fill(panel, runs, options, same) {
    const chart = this.charts.get(panel.id);
    if (!chart) return;
    chart.drawn = drawnLines(panel, runs, options);
    const place = /** @type {HTMLElement} */ (chart.box.querySelector(".chart"));
    const data = this.data(chart.drawn);
    if (same && chart.plot && chart.plot.data.length === data.length) {
      chart.plot.setData(data);
    } else {
      chart.plot?.destroy();
      const width = Math.max(160, Math.floor(place.clientWidth || 360));
      chart.plot = new this.uPlot(this.options(panel, chart.drawn, options, width), data, place);
      this.resizing.observe(place);
    }
    this.describe(panel.id, chart.plot.cursor.idx ?? null);
    place.setAttribute("aria-label", `${panel.title}: ${latest(chart.drawn, panel)}`);
  }

  /** Of all lines of a panel the common x and their y; raw curves come first so that they lie behind. @param {Drawn[]} drawn */
  data(drawn) {
    const layers = [...drawn.filter((line) => line.raw).map((line) => [line.xs, line.raw]), ...drawn.map((line) => [line.xs, line.values])];
    return layers.length ? this.uPlot.join(layers) : [[], []];
  }

  /** @param {Panel} panel @param {Drawn[]} drawn @param {Options} options @param {number} width */
  options(panel, drawn, options, width) {
    const ink = colour("--quiet"), grid = { stroke: colour("--line"), width: 1 };
    const font = "12px system-ui, sans-serif";
    const ticks = { show: false };
    const raw = drawn.filter((line) => line.raw).map((line) => ({ stroke: `${line.stroke}55`, width: 1, points: { show: false }, spanGaps: true }));
    const lines = drawn.map((line) => ({
      label: line.label, stroke: line.stroke, width: 2, dash: line.dash, spanGaps: true,
      points: { show: line.xs.length < 60 && panel.lines[0].file !== "losses", size: 5, fill: line.stroke },
    }));
    const positive = drawn.every((line) => line.values.every((value) => value === null || value > 0));
    const logarithmic = options.logarithmic && panel.id.startsWith("losses") && positive && drawn.some((line) => line.values.length);
    return {
      width, height: HEIGHT, legend: { show: false }, padding: [8, 18, 0, 0],
      cursor: { sync: { key: "i2i" }, points: { size: 7 }, y: false, drag: { x: true, y: false } },
      scales: { x: { time: false }, y: logarithmic ? { distr: 3 } : {} },
      series: [{}, ...raw, ...lines],
      axes: [
        { stroke: ink, grid: { show: false }, ticks, font, size: 26, space: 70, values: (/** @type {any} */ _, /** @type {number[]} */ marks) => marks.map((mark) => (mark === null ? "" : options.over === "hours" ? `${short(mark)} h` : short(mark))) },
        { stroke: ink, grid, ticks, font, size: 52, space: 36, values: (/** @type {any} */ _, /** @type {number[]} */ marks) => marks.map((mark) => (mark === null ? "" : panel.share ? `${Number((100 * mark).toPrecision(3))} %` : short(mark))) },
      ],
      hooks: { setCursor: [(/** @type {any} */ plot) => { this.describe(panel.id, plot.cursor.idx ?? null); this.locate(plot, options); }] },
    };
  }

  /** The lines of a panel with their values at a place, or the newest. @param {string} id @param {number|null} index */
  describe(id, index) {
    const chart = this.charts.get(id);
    if (!chart) return;
    const { key, drawn, panel } = chart;
    const xs = chart.plot?.data[0] ?? [];
    const at = index === null ? null : xs[index];
    key.replaceChildren(...drawn.map((line) => {
      const value = at === null || at === undefined ? last(line.values) : valueAt(line, at);
      return element("span", {}, mark(line), `${line.label ? `${line.label} ` : ""}`, element("b", { text: written(value, panel) }));
    }));
  }

  /** @param {any} plot @param {Options} options */
  locate(plot, options) {
    const { idx } = plot.cursor;
    const x = idx === null || idx === undefined ? null : plot.data[0][idx];
    if (x === null || x === undefined) this.tell("");
    else this.tell(options.over === "hours" ? `at ${duration(x * 3600)}` : `at image ${count(x)}`);
  }

  /** Arrow keys move the cursor of all panels. @param {string} id @param {KeyboardEvent} event */
  step(id, event) {
    const plot = this.charts.get(id)?.plot;
    const points = plot?.data[0].length ?? 0;
    if (!points) return;
    const now = plot.cursor.idx ?? points - 1;
    const stride = Math.max(1, Math.round(points / 100));
    const next = { ArrowLeft: now - stride, ArrowRight: now + stride, Home: 0, End: points - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const index = Math.min(points - 1, Math.max(0, next));
    plot.setCursor({ left: plot.valToPos(plot.data[0][index], "x"), top: plot.bbox.height / devicePixelRatio / 2 }, true, true);
  }
}

/** @param {Panel} panel @param {Shown[]} runs @param {Options} options @returns {Drawn[]} */
function drawnLines(panel, runs, options) {
  const several = runs.length > 1;
  return runs.flatMap((run) => panel.lines.flatMap((line, number) => {
    const seen = run.curves.column(line.file, "images_seen"), all = run.curves.column(line.file, line.column);
    if (!all.some((value) => value !== null)) return [];
    /** @type {number[]} */
    const xs = [];
    /** @type {(number|null)[]} */
    const values = [];
    seen.forEach((images, index) => {
      const x = options.over === "hours" ? run.curves.secondsAt(Number(images)) : images;
      if (x === null || (xs.length && (options.over === "hours" ? x / 3600 : x) <= xs[xs.length - 1])) return;
      xs.push(options.over === "hours" ? x / 3600 : x);
      values.push(all[index] ?? null);
    });
    const smooth = panel.smooth && options.smoothing > 0 && xs.length > 2;
    return [{
      label: [several ? run.name : "", line.label].filter(Boolean).join(" "),
      stroke: seriesColour(several ? run.index : number), dash: several ? DASHES[number % DASHES.length] : [],
      xs, values: smooth ? smoothed(values, options.smoothing) : values, raw: smooth ? values : null,
    }];
  })).filter((line) => line.xs.length);
}

/** @param {Drawn} line @param {number} x */
function valueAt(line, x) {
  let low = 0, high = line.xs.length - 1;
  if (high < 0 || x < line.xs[0]) return null;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (line.xs[middle] <= x) low = middle;
    else high = middle - 1;
  }
  return line.values[low];
}

/** @param {(number|null)[]} values */
const last = (values) => values.findLast((value) => value !== null) ?? null;

/** @param {number|null} value @param {Panel} panel */
const written = (value, panel) => (panel.share ? share(value) : number(value, panel.decimals));

/** @param {Drawn[]} drawn @param {Panel} panel */
function latest(drawn, panel) {
  if (!drawn.length) return "nothing yet";
  return drawn.map((line) => `${line.label} ${written(last(line.values), panel)}`.trim()).join(", ");
}

/** The line's colour and dash, drawn small. @param {Drawn} line */
function mark(line) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 26 12");
  svg.setAttribute("aria-hidden", "true");
  const stroke = document.createElementNS("http://www.w3.org/2000/svg", "line");
  for (const [name, value] of Object.entries({ x1: 0, x2: 26, y1: 6, y2: 6, stroke: line.stroke, "stroke-width": 3, "stroke-dasharray": line.dash.join(" ") })) {
    stroke.setAttribute(name, String(value));
  }
  svg.append(stroke);
  return svg;
}
