/**
 * The canvas that is drawn on, by mouse, pen, finger or keyboard.
 *
 * @typedef {"brush" | "eraser" | "line" | "box" | "fill"} Tool
 * @typedef {import("./raster.js").Rect} Rect
 * @typedef {import("./raster.js").Colour} Colour
 * @typedef {object} Mark  one that is being made
 * @property {Uint8ClampedArray} before  the pixels without it
 * @property {Uint8Array} mask  how far it covers each pixel
 * @property {Rect} touched
 * @property {[number, number]} from  where it began
 * @property {[number, number]} last  where it now is
 */

import { History } from "./history.js";
import { around, coverBox, coverLine, coverRegion, cut, isEmpty, lay, put } from "./raster.js";

const TOLERANCE = 32;
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Easel {
  /** @type {Tool} */
  tool = "brush";
  /** @type {Colour} */
  colour = [0, 0, 0];
  /** @type {Colour} what the eraser leaves */
  ground = [255, 255, 255];
  size = 4;
  /** Whether edges are smoothed; colours that stand for classes are not mixed. */
  soft = true;
  /** Whether it may be drawn on at all. */
  open = true;
  image = new ImageData(1, 1);
  history = new History();

  #canvas;
  #context;
  #ring;
  #say;
  #onchange;
  /** @type {Mark | null} */
  #mark = null;
  #pen = [0, 0];
  #penDown = false;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLElement} ring  shows the brush, over the canvas
   * @param {(text: string) => void} say  for those who can't see it
   * @param {() => void} onchange  after every change of the pixels by hand
   */
  constructor(canvas, ring, say, onchange) {
    this.#canvas = canvas;
    this.#context = /** @type {CanvasRenderingContext2D} */ (
      canvas.getContext("2d", { alpha: false, willReadFrequently: true })
    );
    this.#ring = ring;
    this.#say = say;
    this.#onchange = onchange;
    this.#listen();
  }

  /**
   * Start anew from a picture, with nothing to take back.
   * @param {ImageBitmap} picture
   */
  load(picture) {
    this.#resize(picture.width, picture.height);
    this.#context.drawImage(picture, 0, 0);
    this.image = this.#context.getImageData(0, 0, picture.width, picture.height);
  }

  /**
   * Start anew from an empty canvas.
   * @param {number} width
   * @param {number} height
   */
  blank(width, height) {
    this.#resize(width, height);
    this.image = new ImageData(width, height);
    lay(
      this.image.data.fill(255),
      this.image.data,
      new Uint8Array(width * height).fill(255),
      width,
      this.#whole(),
      this.ground,
    );
    this.#show(this.#whole());
  }

  /** Cover everything with the ground; it can be taken back. */
  clear() {
    if (!this.open) return;
    this.#begin([0, 0]).mask.fill(255);
    this.#lay(this.#whole(), this.ground);
    this.end();
  }

  undo() {
    this.#step(this.history.undo(this.image.data, this.image.width));
  }

  redo() {
    this.#step(this.history.redo(this.image.data, this.image.width));
  }

  /** @returns {Promise<Blob>} the picture as PNG */
  png() {
    return new Promise((resolve, reject) =>
      this.#canvas.toBlob(
        (blob) => (blob ? resolve(blob) : reject(new Error("the canvas is too large for a PNG"))),
        "image/png",
      ),
    );
  }

  /**
   * Put the pen down at a place in pixels of the picture.
   * @param {number} x
   * @param {number} y
   */
  start(x, y) {
    if (!this.open) return;
    const { mask } = this.#begin([x, y]);
    if (this.tool === "fill") {
      const { data, width, height } = this.image;
      this.#lay(
        coverRegion(mask, data, width, height, Math.floor(x), Math.floor(y), this.soft ? TOLERANCE : 0),
        this.colour,
      );
      this.end();
    } else this.move(x, y);
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  move(x, y) {
    const mark = this.#mark;
    if (!mark) return;
    const { width, height } = this.image;
    const radius = this.size / 2;
    if (this.tool === "line" || this.tool === "box") {
      put(this.image.data, width, mark.touched, cut(mark.before, width, mark.touched));
      this.#show(mark.touched);
      mark.mask.fill(0);
      mark.touched = { left: 0, top: 0, right: 0, bottom: 0 };
      /** @type {[number, number, number, number]} */
      const ends = [...mark.from, x, y];
      const covered =
        this.tool === "line"
          ? coverLine(mark.mask, width, height, ends, radius, this.soft)
          : coverBox(mark.mask, width, height, ends);
      this.#lay(covered, this.colour);
    } else {
      const covered = coverLine(mark.mask, width, height, [...mark.last, x, y], radius, this.soft);
      this.#lay(covered, this.tool === "eraser" ? this.ground : this.colour);
    }
    mark.last = [x, y];
  }

  /** Lift the pen. */
  end() {
    const mark = this.#mark;
    this.#mark = null;
    this.#penDown = false;
    this.#ring.classList.remove("down");
    if (!mark || isEmpty(mark.touched)) return;
    const { data, width } = this.image;
    this.history.add({
      rect: mark.touched,
      before: cut(mark.before, width, mark.touched),
      after: cut(data, width, mark.touched),
    });
    this.#onchange();
  }

  /** Show the ring as large as the brush now is. */
  showBrush() {
    const scale = this.#canvas.clientWidth / this.image.width;
    const round = this.tool === "fill" || this.tool === "box" ? 0 : this.size;
    this.#ring.style.width = this.#ring.style.height = `${Math.max(8, round * scale)}px`;
    const [x, y] = [this.#pen[0] * scale, this.#pen[1] * scale];
    this.#ring.style.transform = `translate(${x}px, ${y}px) translate(-50%, -50%)`;
  }

  /**
   * @param {[number, number]} from
   * @returns {Mark}
   */
  #begin(from) {
    const { data, width, height } = this.image;
    const touched = { left: 0, top: 0, right: 0, bottom: 0 };
    return (this.#mark = { before: data.slice(), mask: new Uint8Array(width * height), touched, from, last: from });
  }

  /**
   * @param {Rect} covered
   * @param {Colour} colour
   */
  #lay(covered, colour) {
    const mark = this.#mark;
    if (!mark || isEmpty(covered)) return;
    lay(this.image.data, mark.before, mark.mask, this.image.width, covered, colour);
    mark.touched = isEmpty(mark.touched) ? covered : around(mark.touched, covered);
    this.#show(covered);
    this.#onchange();
  }

  /** @param {Rect} rect */
  #show(rect) {
    if (isEmpty(rect)) return;
    this.#context.putImageData(this.image, 0, 0, rect.left, rect.top, rect.right - rect.left, rect.bottom - rect.top);
  }

  /** @param {Rect | null} rect */
  #step(rect) {
    if (!rect || this.#mark) return;
    this.#show(rect);
    this.#onchange();
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  #resize(width, height) {
    this.#mark = null;
    this.#penDown = false;
    this.history = new History();
    this.#canvas.width = width;
    this.#canvas.height = height;
    this.#pen = [width / 2, height / 2];
  }

  /** @returns {Rect} */
  #whole() {
    return { left: 0, top: 0, right: this.image.width, bottom: this.image.height };
  }

  #listen() {
    const canvas = this.#canvas;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !this.open) return;
      if (!event.isPrimary) return this.#cancel(); // a second finger zooms
      canvas.setPointerCapture(event.pointerId);
      this.start(...this.#follow(event));
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!event.isPrimary) return;
      for (const each of event.getCoalescedEvents?.() ?? [])
        if (this.#mark && !this.#penDown) this.move(...this.#at(each));
      const place = this.#follow(event);
      if (this.#mark && !this.#penDown) this.move(...place);
    });
    canvas.addEventListener("pointerup", () => this.#penDown || this.end());
    canvas.addEventListener("pointercancel", () => this.#cancel());
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("focus", () => this.showBrush());
    canvas.addEventListener("blur", () => this.#penDown && this.end());
  }

  /** Take back the mark that is being made. */
  #cancel() {
    const mark = this.#mark;
    if (!mark) return;
    this.#mark = null;
    this.#penDown = false;
    put(this.image.data, this.image.width, mark.touched, cut(mark.before, this.image.width, mark.touched));
    this.#show(mark.touched);
    this.#onchange();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.open) return;
    const arrow = ARROWS[event.key];
    const [x, y] = this.#pen;
    if (arrow) {
      const step = event.shiftKey ? 16 : Math.max(1, this.image.width / 128);
      this.#pen = [
        Math.min(this.image.width, Math.max(0, x + arrow[0] * step)),
        Math.min(this.image.height, Math.max(0, y + arrow[1] * step)),
      ];
      if (this.#penDown) this.move(this.#pen[0], this.#pen[1]);
    } else if (event.key === " ") {
      if (this.#penDown) this.end();
      else {
        this.start(x, y);
        this.#penDown = this.#mark !== null;
        this.#ring.classList.toggle("down", this.#penDown);
      }
      this.#say(this.#penDown ? "Pen down" : this.tool === "fill" ? "Filled" : "Pen up");
    } else if (event.key === "Escape" && this.#mark) {
      this.#cancel();
      this.#ring.classList.remove("down");
      this.#say("Pen up, mark taken back");
    } else return;
    event.preventDefault();
    this.showBrush();
  }

  /** @param {PointerEvent} event */
  #follow(event) {
    const place = this.#at(event);
    this.#pen = place;
    this.showBrush();
    return place;
  }

  /**
   * @param {PointerEvent} event
   * @returns {[number, number]} the place in pixels of the picture
   */
  #at(event) {
    const box = this.#canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) / box.width) * this.image.width,
      ((event.clientY - box.top) / box.height) * this.image.height,
    ];
  }
}
