/** The right pane: the translation and its samples, the input uncovered under a slider, maps laid over it. */

import { Comparison } from "./compare.js";
import { button, canvas, context, element, input, select } from "./elements.js";
import { MAPS, difference, drawRamp, paint } from "./overlays.js";

/**
 * @typedef {{picture: ImageBitmap, seed: number}} Result
 * @typedef {{image: Blob, low: number, high: number} | null} Told  null if it is outdated
 * @typedef {(what: string, seed: number) => Promise<Told>} Explain
 */

export class OutputPane {
  /** @type {Result[]} */
  #results = [];
  #chosen = 0;
  #explain;
  #onexplain;
  #compare;
  #maps = 0;

  /**
   * @param {import("./viewport.js").Viewport} viewport
   * @param {Explain} explain
   * @param {(error: unknown) => void} complain
   */
  constructor(viewport, explain, complain) {
    this.#explain = explain;
    this.#onexplain = complain;
    this.#compare = new Comparison(element("output-stage"), element("divider"), canvas("uncovered"), viewport);
    button("compare").addEventListener("click", () => this.toggleCompare());
    select("overlay-kind").addEventListener("change", () => this.#lay());
    input("opacity").addEventListener("input", () => this.#fade());
  }

  /** The seed of the sample that is shown. */
  get seed() {
    return this.#results[this.#chosen]?.seed ?? 0;
  }

  /**
   * Show translations of a picture.
   * @param {Result[]} results
   * @param {ImageData} source
   */
  show(results, source) {
    for (const each of this.#results) each.picture.close();
    this.#results = results;
    this.#chosen = Math.min(this.#chosen, results.length - 1);
    const uncovered = canvas("uncovered");
    [uncovered.width, uncovered.height] = [source.width, source.height];
    context(uncovered).putImageData(source, 0, 0);
    this.#fillStrip();
    this.#choose(this.#chosen);
  }

  /** Nothing is shown any more. */
  empty() {
    for (const each of this.#results) each.picture.close();
    this.#results = [];
    this.#chosen = 0;
    this.#maps++;
    element("strip").hidden = true;
    for (const name of ["output", "uncovered", "overlay"]) canvas(name).width = canvas(name).width;
  }

  /**
   * Offer the maps that a model can make.
   * @param {import("./api.js").Model} model
   */
  offer(model) {
    const kinds = select("overlay-kind");
    const reasons = /** @type {Record<string, string>} */ ({
      difference: model.scale > 1 ? "the output is larger than the input" : "",
      uncertainty: model.random ? "" : "this model draws no noise",
      patches: model.discriminator ? "" : "no discriminator is kept with this model",
    });
    for (const option of kinds.options) {
      const why = reasons[option.value] ?? "";
      option.disabled = why !== "";
      option.textContent = (MAPS[option.value]?.name ?? "No overlay") + (why ? ` (${why})` : "");
    }
    if (kinds.selectedOptions[0]?.disabled) kinds.value = "";
    this.#lay();
  }

  toggleCompare() {
    this.#compare.on = !this.#compare.on;
    button("compare").setAttribute("aria-pressed", String(this.#compare.on));
  }

  /** The panes show another place of the picture. */
  moved() {
    this.#compare.apply();
  }

  /** @param {number} place */
  #choose(place) {
    this.#chosen = place;
    const { picture } = this.#results[place];
    const output = canvas("output");
    [output.width, output.height] = [picture.width, picture.height];
    context(output).drawImage(picture, 0, 0);
    [...element("strip").children].forEach((each, i) => each.setAttribute("aria-pressed", String(i === place)));
    this.#lay();
  }

  #fillStrip() {
    const strip = element("strip");
    strip.hidden = this.#results.length < 2;
    if (strip.hidden) return strip.replaceChildren();
    strip.replaceChildren(
      ...this.#results.map(({ picture, seed }, place) => {
        const choice = document.createElement("button");
        const small = document.createElement("canvas");
        const caption = document.createElement("span");
        choice.type = "button";
        choice.setAttribute("aria-label", `Sample with seed ${seed}`);
        const side = Math.min(picture.width, picture.height);
        [small.width, small.height] = [144, 144];
        context(small).drawImage(
          picture,
          (picture.width - side) / 2,
          (picture.height - side) / 2,
          side,
          side,
          0,
          0,
          144,
          144,
        );
        caption.className = "numbers";
        caption.textContent = `seed ${seed}`;
        choice.append(small, caption);
        choice.addEventListener("click", () => this.#choose(place));
        return choice;
      }),
    );
  }

  /** Lay the chosen map over the output that is shown. */
  async #lay() {
    const what = select("overlay-kind").value;
    const asked = ++this.#maps;
    element("strength").hidden = what === "";
    if (what === "" || this.#results.length === 0) return this.#unlay();
    if (what === "difference") {
      const output = canvas("output"),
        uncovered = canvas("uncovered");
      const { width, height } = output;
      if (uncovered.width !== width || uncovered.height !== height) return this.#unlay();
      const { picture, most } = difference(
        context(uncovered).getImageData(0, 0, width, height),
        context(output).getImageData(0, 0, width, height),
      );
      return this.#paint(what, picture, "0", most.toFixed(0));
    }
    try {
      const told = await this.#explain(what, this.seed);
      if (!told || asked !== this.#maps) return;
      const map = await createImageBitmap(told.image, { colorSpaceConversion: "none" });
      const drawn = new OffscreenCanvas(map.width, map.height).getContext("2d");
      if (!drawn || asked !== this.#maps) return;
      drawn.drawImage(map, 0, 0);
      const [low, high] = [told.low, told.high].map((value) => Number(value.toPrecision(2)).toString());
      this.#paint(what, drawn.getImageData(0, 0, map.width, map.height), low, high);
    } catch (error) {
      if (asked !== this.#maps) return;
      this.#unlay();
      this.#onexplain(error);
    }
  }

  /**
   * @param {string} what
   * @param {import("./resample.js").Picture} grey
   * @param {string} low
   * @param {string} high
   */
  #paint(what, grey, low, high) {
    const map = MAPS[what],
      overlay = canvas("overlay");
    paint(grey, map.ramp);
    [overlay.width, overlay.height] = [grey.width, grey.height];
    context(overlay).putImageData(new ImageData(new Uint8ClampedArray(grey.data), grey.width, grey.height), 0, 0);
    overlay.hidden = false;
    this.#fade();
    drawRamp(canvas("ramp"), map.ramp);
    element("legend-low").textContent = `${map.low} ${low}`.trim();
    element("legend-high").textContent = `${high} ${map.high}`.trim();
    element("legend-about").textContent = map.about;
    element("legend").hidden = false;
  }

  #unlay() {
    canvas("overlay").hidden = true;
    element("legend").hidden = true;
  }

  #fade() {
    canvas("overlay").style.opacity = String(Number(input("opacity").value) / 100);
  }
}
