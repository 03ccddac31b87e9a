/** The left pane: the canvas with its tools and colours, the examples, and what is brought. */

import { Camera, receive } from "./bring.js";
import { colourOf } from "./coding.js";
import { Easel } from "./easel.js";
import { button, canvas, element, input } from "./elements.js";
import { announce } from "./messages.js";
import { Palette } from "./palette.js";
import { nearestColour, prominent } from "./raster.js";

/**
 * @typedef {import("./api.js").Model} Model
 * @typedef {import("./easel.js").Tool} Tool
 * @typedef {import("./raster.js").Colour} Colour
 */

const MOST_DRAWN = 2048 * 2048;
const MARKS = /** @type {HTMLButtonElement[]} */ ([...element("marks").children]);
const KEYS = /** @type {Record<string, Tool>} */ ({ b: "brush", e: "eraser", l: "line", r: "box", f: "fill" });

export class InputPane {
  #service;
  #onload;
  #onchange;
  #complain;
  #easel;
  #palette;
  /** @type {Model | null} */
  #model = null;
  /** @type {{image: Blob, name: string} | null} the file that is shown, as long as nobody has drawn on it */
  #file = null;
  #loads = 0;

  /**
   * @param {import("./api.js").Service} service
   * @param {object} parts
   * @param {(size: import("./viewport.js").Size) => void} parts.onload  another picture is there
   * @param {() => void} parts.onchange  it was drawn on
   * @param {(error: unknown) => void} parts.complain
   */
  constructor(service, { onload, onchange, complain }) {
    this.#service = service;
    this.#onload = onload;
    this.#onchange = onchange;
    this.#complain = complain;
    this.#easel = new Easel(canvas("drawing"), element("ring"), announce, () => this.#drawn());
    this.#palette = new Palette(element("palette"), (colour) => {
      this.#easel.colour = colour;
      if (this.#easel.tool === "eraser") this.use("brush");
    });
    this.#listen();
  }

  get picture() {
    return this.#easel.image;
  }

  /** @returns {Promise<import("./api.js").Source>} what is to be translated */
  async source() {
    if (this.#file) return { ...this.#file, as: "file" };
    return { image: await this.#easel.png(), name: "drawing.png", as: "drawing" };
  }

  /**
   * Show a model's first example, or an empty canvas.
   * @param {Model} model
   */
  async open(model) {
    this.#model = model;
    const { labels, classes } = model.input;
    this.#easel.soft = !labels;
    this.#easel.ground = labels ? colourOf(classes[0].colour) : [255, 255, 255];
    this.size = Math.max(2, Math.round(model.size[1] / (labels ? 32 : 96)));
    this.use(labels ? "box" : "brush");
    this.#palette.show(model.input, [], labels ? colourOf((classes[1] ?? classes[0]).colour) : [0, 0, 0]);
    element("palette").hidden = !model.input.drawable;
    this.#offer(model);
    if (model.examples.length > 0) await this.#example(model, model.examples[0]);
    else this.blank();
  }

  blank() {
    const [height, width] = this.#model?.size ?? [256, 256];
    this.#loads++;
    this.#file = null;
    this.#easel.blank(width, height);
    element("hint").hidden = !this.#model?.input.drawable;
    this.#mark("");
    this.#arrive();
  }

  /**
   * @param {Blob} image  a file of any format that the service reads
   * @param {string} name
   */
  async bring(image, name) {
    const model = this.#model;
    if (!model) return;
    await this.#load(async () => ({ image, name, shown: await this.#service.preview(model, image, name) }));
    this.#mark("");
  }

  /** @param {Tool} tool */
  use(tool) {
    this.#easel.tool = tool;
    for (const each of MARKS) each.setAttribute("aria-pressed", String(each.dataset.tool === tool));
    this.#easel.showBrush();
  }

  /** @param {number} size  of the brush, in pixels of the picture */
  set size(size) {
    const slider = input("brush-size");
    slider.value = String(size);
    this.#easel.size = Number(slider.value);
    element("brush-size-told").textContent = slider.value;
    this.#easel.showBrush();
  }

  get size() {
    return this.#easel.size;
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} whether the key is one of this pane's
   */
  key(event) {
    const letter = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey) {
      if (letter === "y" || (letter === "z" && event.shiftKey)) this.#easel.redo();
      else if (letter === "z") this.#easel.undo();
      else return false;
      return true;
    }
    if (letter in KEYS) this.use(KEYS[letter]);
    else if (letter === "[") this.size -= this.size > 12 ? 4 : 1;
    else if (letter === "]") this.size += this.size >= 12 ? 4 : 1;
    else if (/^[1-9]$/.test(letter)) this.#palette.chooseAt(Number(letter) - 1);
    else return false;
    return true;
  }

  showBrush() {
    this.#easel.showBrush();
  }

  /**
   * @param {Model} model
   * @param {string} file
   */
  async #example(model, file) {
    const whole = this.#service.example(model, file, false),
      shown = this.#service.example(model, file, true);
    await this.#load(async () => ({ image: await whole, name: file, shown: await shown }));
    this.#mark(file);
  }

  /** @param {() => Promise<{image: Blob, name: string, shown: Blob}>} read */
  async #load(read) {
    const load = ++this.#loads;
    try {
      const { image, name, shown } = await read();
      const picture = await createImageBitmap(shown, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
      if (load !== this.#loads) return;
      this.#easel.load(picture);
      this.#file = { image, name };
      element("hint").hidden = true;
      this.#suit();
      this.#arrive();
    } catch (error) {
      if (load === this.#loads) this.#complain(error);
    }
  }

  #arrive() {
    const { width, height } = this.#easel.image;
    const why = this.#whyClosed(width * height);
    this.#easel.open = why === "";
    const closed = element("closed");
    closed.hidden = why === "";
    closed.textContent = why;
    canvas("drawing").classList.toggle("closed", why !== "");
    for (const each of [...MARKS, button("clear"), input("brush-size")]) each.disabled = why !== "";
    this.#showHistory();
    this.#onload({ width, height });
  }

  /** @param {number} pixels */
  #whyClosed(pixels) {
    if (!this.#model?.input.drawable) {
      const reads = this.#model?.input.describe;
      return `What this model reads (${reads}) can't be drawn; bring a file, or start from an example.`;
    }
    return pixels > MOST_DRAWN ? "This picture is too large to draw on; it is translated as the file that it is." : "";
  }

  /** Erase to what most of the picture is, and draw in what can be seen on it. */
  #suit() {
    const side = this.#model?.input;
    if (!side) return;
    const seen = prominent(this.#easel.image.data, 10);
    if (side.labels) {
      const table = side.classes.map((each) => colourOf(each.colour));
      this.#easel.ground = table[nearestColour(seen[0], table)];
      return;
    }
    this.#easel.ground = seen[0];
    const isDark = seen[0][0] * 0.3 + seen[0][1] * 0.6 + seen[0][2] * 0.1 < 100;
    this.#palette.show(
      side,
      seen,
      side.channels > 1 && seen.length > 1 ? seen[1] : isDark ? [255, 255, 255] : [0, 0, 0],
    );
  }

  #drawn() {
    this.#file = null;
    element("hint").hidden = true;
    this.#mark("");
    this.#showHistory();
    this.#onchange();
  }

  #showHistory() {
    button("undo").disabled = !this.#easel.history.canUndo;
    button("redo").disabled = !this.#easel.history.canRedo;
  }

  /** @param {Model} model */
  #offer(model) {
    const place = element("examples");
    const offers = model.examples.map((file, number) => {
      const offer = thumbnail(`Example ${number + 1}`);
      offer.dataset.file = file;
      offer.addEventListener("click", () => this.#example(model, file));
      this.#service.example(model, file, true).then(
        (shown) => picture(offer, shown),
        () => offer.remove(),
      );
      return offer;
    });
    place.replaceChildren(...offers);
    if (model.input.drawable) {
      const blank = thumbnail("Empty canvas");
      blank.textContent = "Empty";
      blank.classList.add("small");
      blank.addEventListener("click", () => this.blank());
      place.append(blank);
    }
  }

  /** @param {string} file  the example that is shown; none for "" */
  #mark(file) {
    for (const each of element("examples").querySelectorAll("button")) {
      each.setAttribute("aria-pressed", String(file !== "" && each.dataset.file === file));
    }
  }

  #listen() {
    for (const each of MARKS) each.addEventListener("click", () => this.use(/** @type {Tool} */ (each.dataset.tool)));
    input("brush-size").addEventListener("input", () => (this.size = Number(input("brush-size").value)));
    button("undo").addEventListener("click", () => this.#easel.undo());
    button("redo").addEventListener("click", () => this.#easel.redo());
    button("clear").addEventListener("click", () => this.#easel.clear());
    button("open").addEventListener("click", () => input("chooser").click());
    receive({ chooser: input("chooser"), curtain: element("curtain") }, (file, name) => this.bring(file, name));
    const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("camera-dialog"));
    const camera = new Camera(dialog, (shot, name) => this.bring(shot, name));
    button("camera").hidden = !Camera.isThere;
    button("camera").addEventListener("click", () => camera.open().catch(this.#complain));
  }
}

/** @param {string} label */
function thumbnail(label) {
  const made = document.createElement("button");
  made.type = "button";
  made.title = label;
  made.setAttribute("aria-label", label);
  made.setAttribute("aria-pressed", "false");
  return made;
}

/**
 * @param {HTMLElement} place
 * @param {Blob} shown
 */
function picture(place, shown) {
  const image = document.createElement("img");
  image.alt = "";
  image.src = URL.createObjectURL(shown);
  image.addEventListener("load", () => URL.revokeObjectURL(image.src));
  place.replaceChildren(image);
}
