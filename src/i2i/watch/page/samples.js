// The samples over time, with a scrubber.

import { sampleAddress } from "./api.js";
import { element, the } from "./elements.js";
import { count } from "./words.js";

/** @typedef {import("./api.js").Summary} Summary */
/** @typedef {{run: Summary, index: number}} Shown */

const MILLISECONDS = 350;
const SMALL = 420;

export class Samples {
  constructor() {
    this.section = the("samples");
    this.scrubber = the("scrubber");
    this.button = the("play");
    this.told = the("sample-told");
    this.place = the("sample-pictures");
    /** @type {Shown[]} */
    this.shown = [];
    /** @type {number[]} */
    this.stops = [];
    /** @type {ReturnType<typeof setInterval>|undefined} */
    this.playing = undefined;
    this.scrubber.addEventListener("input", () => { this.pause(); this.show(); });
    this.button.addEventListener("click", () => (this.playing ? this.pause() : this.play()));
    addEventListener("keydown", (event) => {
      const at = /** @type {HTMLElement} */ (event.target);
      if (event.key.toLowerCase() !== "p" || event.ctrlKey || event.metaKey || event.altKey || at.matches("input:not([type=range]):not([type=checkbox]), select")) return;
      if (!this.section.hidden) this.button.click();
    });
  }

  /** @param {Shown[]} shown */
  take(shown) {
    const stops = [...new Set(shown.flatMap(({ run }) => run.samples))].sort((one, other) => one - other);
    const same = stops.join() === this.stops.join() && shown.map(({ run, index }) => run.key + index).join() === this.shown.map(({ run, index }) => run.key + index).join();
    const before = this.stops[this.scrubber.valueAsNumber];
    const atEnd = this.scrubber.valueAsNumber >= this.stops.length - 1;
    this.shown = shown;
    this.stops = stops;
    this.section.hidden = stops.length === 0;
    if (same || !stops.length) return;
    this.scrubber.max = String(stops.length - 1);
    this.scrubber.value = String(atEnd || before === undefined ? stops.length - 1 : nearest(stops, before));
    this.show();
    this.fetchAhead();
  }

  show() {
    const stop = this.stops[this.scrubber.valueAsNumber];
    if (stop === undefined) return;
    this.told.textContent = `image ${count(stop)}`;
    this.scrubber.setAttribute("aria-valuetext", `image ${count(stop)}, sample ${this.scrubber.valueAsNumber + 1} of ${this.stops.length}`);
    const figures = this.shown.filter(({ run }) => run.samples.length).map(({ run, index }) => {
      const at = run.samples.filter((seen) => seen <= stop).pop() ?? run.samples[0];
      return { run, index, at, key: run.key };
    });
    const there = [...this.place.children];
    if (there.length !== figures.length || figures.some((figure, number) => there[number].dataset.key !== figure.key)) {
      this.place.replaceChildren(...figures.map(({ key }) => element("figure", { "data-key": key },
        element("a", { target: "_blank", title: "Open alone" }, element("img", { onload: sized })), element("figcaption", {}, element("span", { class: "swatch", "aria-hidden": "true" }), element("span", { class: "caption" })))));
    }
    figures.forEach(({ run, index, at }, number) => {
      const figure = this.place.children[number];
      const picture = figure.querySelector("img");
      const address = sampleAddress(run.key, at);
      if (picture.getAttribute("src") !== address) picture.src = address;
      figure.querySelector("a").href = address;
      picture.alt = `Samples of ${run.name} at image ${count(at)}: rows of input, output and target`;
      const swatch = figure.querySelector(".swatch");
      swatch.hidden = this.shown.length < 2;
      swatch.style.background = `var(--series-${(index % 6) + 1})`;
      figure.querySelector(".caption").textContent = this.shown.length > 1 ? `${run.name}, image ${count(at)}` : run.samples.at(-1) === at ? "newest" : "";
    });
  }

  play() {
    if (this.stops.length < 2) return;
    if (this.scrubber.valueAsNumber >= this.stops.length - 1) this.scrubber.value = "0";
    this.show();
    this.playing = setInterval(() => {
      this.scrubber.value = String(this.scrubber.valueAsNumber + 1);
      this.show();
      if (this.scrubber.valueAsNumber >= this.stops.length - 1) this.pause();
    }, MILLISECONDS);
    this.button.textContent = "Pause";
    this.button.setAttribute("aria-pressed", "true");
  }

  pause() {
    clearInterval(this.playing);
    this.playing = undefined;
    this.button.textContent = "Play";
    this.button.setAttribute("aria-pressed", "false");
  }

  /** So that scrubbing does not flicker. */
  fetchAhead() {
    for (const { run } of this.shown) for (const at of run.samples.slice(-60)) new Image().src = sampleAddress(run.key, at);
  }
}

/** Sheets of tiny images are enlarged pixel by pixel. @param {Event} event */
function sized(event) {
  const picture = /** @type {HTMLImageElement} */ (event.target);
  const small = picture.naturalWidth < SMALL;
  picture.classList.toggle("small-pixels", small);
  picture.style.setProperty("--wide", `${picture.naturalWidth * (small ? 2 : 1)}px`);
  picture.style.setProperty("--aspect", String(picture.naturalWidth / picture.naturalHeight));
}

/** @param {number[]} stops @param {number} wanted */
function nearest(stops, wanted) {
  return stops.reduce((best, stop, index) => (Math.abs(stop - wanted) < Math.abs(stops[best] - wanted) ? index : best), 0);
}
