/** What was drawn, to be taken back and drawn again: of each mark the pixels of its rectangle, before and after. */

import { put } from "./raster.js";

/** @typedef {{rect: import("./raster.js").Rect, before: Uint8ClampedArray, after: Uint8ClampedArray}} Mark */

const MOST_BYTES = 128e6;

export class History {
  /** @type {Mark[]} */
  #done = [];
  /** @type {Mark[]} */
  #undone = [];

  get canUndo() {
    return this.#done.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }

  /**
   * Remember a mark; what was taken back before it is gone, and of too many the oldest are forgotten.
   * @param {Mark} mark
   */
  add(mark) {
    this.#done.push(mark);
    this.#undone = [];
    let bytes = 0;
    const first = this.#done.findLastIndex((each) => (bytes += each.before.length + each.after.length) > MOST_BYTES);
    this.#done.splice(0, Math.min(first + 1, this.#done.length - 1));
  }

  /**
   * Take the last mark back. Gives its rectangle, or null where there is none.
   * @param {Uint8ClampedArray} pixels
   * @param {number} width
   */
  undo(pixels, width) {
    const mark = this.#done.pop();
    if (!mark) return null;
    this.#undone.push(mark);
    put(pixels, width, mark.rect, mark.before);
    return mark.rect;
  }

  /**
   * Draw again what was taken back last.
   * @param {Uint8ClampedArray} pixels
   * @param {number} width
   */
  redo(pixels, width) {
    const mark = this.#undone.pop();
    if (!mark) return null;
    this.#done.push(mark);
    put(pixels, width, mark.rect, mark.after);
    return mark.rect;
  }
}
