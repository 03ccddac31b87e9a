/** A slider over the output that uncovers the input on its left. */

export class Comparison {
  position = 0.5;
  #stage;
  #handle;
  #uncovered;
  #viewport;

  /**
   * @param {HTMLElement} stage
   * @param {HTMLElement} handle  has the role of a slider
   * @param {HTMLCanvasElement} uncovered  holds the input, over the output
   * @param {import("./viewport.js").Viewport} viewport
   */
  constructor(stage, handle, uncovered, viewport) {
    this.#stage = stage;
    this.#handle = handle;
    this.#uncovered = uncovered;
    this.#viewport = viewport;
    handle.addEventListener("pointerdown", (event) => {
      event.stopPropagation();
      handle.setPointerCapture(event.pointerId);
    });
    handle.addEventListener("pointermove", (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const box = stage.getBoundingClientRect();
      this.move((event.clientX - box.left) / box.width);
    });
    handle.addEventListener("keydown", (event) => {
      const step = event.shiftKey ? 0.1 : 0.02;
      if (event.key === "ArrowLeft" || event.key === "ArrowDown") this.move(this.position - step);
      else if (event.key === "ArrowRight" || event.key === "ArrowUp") this.move(this.position + step);
      else if (event.key === "Home") this.move(0);
      else if (event.key === "End") this.move(1);
      else return;
      event.preventDefault();
    });
  }

  get on() {
    return !this.#handle.hidden;
  }

  /** @param {boolean} on */
  set on(on) {
    this.#handle.hidden = this.#uncovered.hidden = !on;
    this.apply();
  }

  /** @param {number} position  of the pane's width, 0 to 1 */
  move(position) {
    this.position = Math.min(1, Math.max(0, position));
    this.apply();
  }

  /** Uncover what lies left of the handle, wherever the picture now is. */
  apply() {
    const { left } = this.#viewport.place(this.#stage);
    const from = Math.max(0, this.position * this.#stage.clientWidth - left);
    this.#uncovered.style.clipPath = `inset(0 calc(100% - ${from}px) 0 0)`;
    this.#handle.style.left = `${100 * this.position}%`;
    this.#handle.setAttribute("aria-valuenow", String(Math.round(100 * this.position)));
    this.#handle.setAttribute("aria-valuetext", `${Math.round(100 * this.position)} % input`);
  }
}
