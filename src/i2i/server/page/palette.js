/** The colours to draw with: a label map's classes by name; else greys; else the picture's, and one of one's own. */

import { colourOf, hexOf } from "./coding.js";

/** @typedef {import("./raster.js").Colour} Colour */

const GREYS = ["#000000", "#555555", "#aaaaaa", "#ffffff"];
const MOST = 12;

export class Palette {
  #root;
  #onchoose;

  /**
   * @param {HTMLElement} root  a group of radio buttons
   * @param {(colour: Colour) => void} onchoose
   */
  constructor(root, onchoose) {
    this.#root = root;
    this.#onchoose = onchoose;
    root.addEventListener("keydown", (event) => this.#key(event));
  }

  /**
   * Show the colours of an input, and choose one.
   * @param {import("./api.js").Side} side
   * @param {Colour[]} seen  in the picture, the commonest first
   * @param {Colour} chosen
   */
  show(side, seen, chosen) {
    const nameless =
      side.channels === 1 ? GREYS : [...new Set([...seen.map(hexOf), "#000000", "#ffffff"])].slice(0, MOST);
    const offered = side.labels ? side.classes : nameless.map((colour) => ({ name: "", colour }));
    this.#root.replaceChildren(...offered.map((each) => this.#button(each.colour, each.name)));
    if (!side.labels && side.channels > 1) this.#root.append(this.#own());
    this.choose(hexOf(chosen));
  }

  /** @param {number} place  of the button, from 0 */
  chooseAt(place) {
    const button = this.#buttons()[place];
    if (button) this.choose(button.dataset.colour ?? "");
  }

  /** @param {string} hex */
  choose(hex) {
    const buttons = this.#buttons();
    for (const button of buttons) {
      const chosen = button.dataset.colour === hex;
      button.setAttribute("aria-checked", String(chosen));
      button.tabIndex = chosen ? 0 : -1;
    }
    if (!buttons.some((button) => button.tabIndex === 0) && buttons[0]) buttons[0].tabIndex = 0;
    this.#onchoose(colourOf(hex));
  }

  #buttons() {
    return [...this.#root.querySelectorAll("button")];
  }

  /**
   * @param {string} hex
   * @param {string} name
   */
  #button(hex, name) {
    const button = document.createElement("button");
    const swatch = document.createElement("i");
    button.type = "button";
    button.dataset.colour = hex;
    button.setAttribute("role", "radio");
    swatch.style.background = hex;
    button.append(swatch, name);
    if (!name) button.setAttribute("aria-label", hex);
    button.classList.toggle("bare", !name);
    button.addEventListener("click", () => this.choose(hex));
    return button;
  }

  #own() {
    const input = document.createElement("input");
    input.type = "color";
    input.title = "A colour of your own";
    input.setAttribute("aria-label", input.title);
    input.addEventListener("input", () => this.choose(input.value));
    return input;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const buttons = this.#buttons();
    const place = buttons.indexOf(/** @type {HTMLButtonElement} */ (event.target));
    if (!step || place < 0) return;
    event.preventDefault();
    const next = (place + step + buttons.length) % buttons.length;
    this.chooseAt(next);
    buttons[next].focus();
  }
}
