/**
 * Several panes that show one place of a picture at one magnification: pan and zoom together.
 *
 * @typedef {{zoom: number, x: number, y: number}} View  times larger than fitting; the place in the middle, 0 to 1
 * @typedef {{width: number, height: number}} Size
 */

/** @type {View} */
export const WHOLE = { zoom: 1, x: 0.5, y: 0.5 };

const MOST = 32;
const MARGIN = 12;

/**
 * Where a picture lies in a pane, with a margin while it is whole: its scale, and the place of its upper left corner in
 * the pane's pixels.
 * @param {View} view
 * @param {Size} pane
 * @param {Size} picture
 */
export function layOut(view, pane, picture) {
  const fitting = Math.min((pane.width - 2 * MARGIN) / picture.width, (pane.height - 2 * MARGIN) / picture.height);
  const scale = Math.max(1e-3, fitting) * view.zoom;
  return {
    scale,
    left: pane.width / 2 - view.x * picture.width * scale,
    top: pane.height / 2 - view.y * picture.height * scale,
  };
}

/**
 * A view that shows the picture: no smaller than whole, and nothing beside it where it fills the pane.
 * @param {View} view
 * @param {Size} pane
 * @param {Size} picture
 * @returns {View}
 */
export function confine(view, pane, picture) {
  const zoom = Math.min(MOST, Math.max(1, view.zoom));
  const { scale } = layOut({ ...view, zoom }, pane, picture);
  const inside = (/** @type {number} */ place, /** @type {number} */ room, /** @type {number} */ length) => {
    const margin = Math.min(0.5, room / 2 / (length * scale));
    return Math.min(1 - margin, Math.max(margin, place));
  };
  return { zoom, x: inside(view.x, pane.width, picture.width), y: inside(view.y, pane.height, picture.height) };
}

/**
 * Magnify around a place of the pane, which keeps showing the same place of the picture.
 * @param {View} view
 * @param {Size} pane
 * @param {Size} picture
 * @param {number} times
 * @param {{x: number, y: number}} place
 * @returns {View}
 */
export function magnify(view, pane, picture, times, place) {
  const zoom = Math.min(MOST, Math.max(1, view.zoom * times));
  const before = layOut(view, pane, picture).scale,
    after = layOut({ ...view, zoom }, pane, picture).scale;
  const shift = (/** @type {number} */ at, /** @type {number} */ room, /** @type {number} */ length) =>
    ((at - room / 2) / length) * (1 / before - 1 / after);
  return confine(
    {
      zoom,
      x: view.x + shift(place.x, pane.width, picture.width),
      y: view.y + shift(place.y, pane.height, picture.height),
    },
    pane,
    picture,
  );
}

export class Viewport {
  view = WHOLE;
  /** @type {Size} */
  picture = { width: 256, height: 256 };
  /** @type {{stage: HTMLElement, plane: HTMLElement}[]} */
  #panes = [];
  #onchange;

  /** @param {() => void} onchange  called when panes show another place */
  constructor(onchange) {
    this.#onchange = onchange;
  }

  /**
   * @param {HTMLElement} stage  the pane
   * @param {HTMLElement} plane  in it, as large as the picture
   * @param {boolean} drags  whether every drag pans, instead of the middle button's only
   */
  add(stage, plane, drags) {
    this.#panes.push({ stage, plane });
    new ResizeObserver(() => this.apply()).observe(stage);
    stage.addEventListener("wheel", (event) => this.#wheel(stage, event), { passive: false });
    this.#pinchAndPan(stage, drags);
  }

  /** @param {Size} picture */
  show(picture) {
    if (picture.width !== this.picture.width || picture.height !== this.picture.height) this.view = WHOLE;
    this.picture = { width: picture.width, height: picture.height };
    this.apply();
  }

  /** @param {HTMLElement} stage */
  place(stage) {
    return layOut(this.view, sizeOf(stage), this.picture);
  }

  /**
   * @param {number} times
   * @param {HTMLElement} [stage]
   * @param {{x: number, y: number}} [place]  by default the middle
   */
  zoom(times, stage = this.#panes[0].stage, place) {
    const size = sizeOf(stage);
    this.view = magnify(this.view, size, this.picture, times, place ?? { x: size.width / 2, y: size.height / 2 });
    this.apply();
  }

  fit() {
    this.view = WHOLE;
    this.apply();
  }

  /**
   * @param {HTMLElement} stage
   * @param {number} dx  pixels of the pane
   * @param {number} dy
   */
  pan(stage, dx, dy) {
    const { scale } = this.place(stage);
    const { zoom, x, y } = this.view;
    const moved = { zoom, x: x - dx / scale / this.picture.width, y: y - dy / scale / this.picture.height };
    this.view = confine(moved, sizeOf(stage), this.picture);
    this.apply();
  }

  apply() {
    for (const { stage, plane } of this.#panes) {
      const { scale, left, top } = this.place(stage);
      plane.style.width = `${this.picture.width * scale}px`;
      plane.style.height = `${this.picture.height * scale}px`;
      plane.style.transform = `translate(${left}px, ${top}px)`;
      const exact = plane.classList.contains("exact") || this.view.zoom > 1;
      plane.classList.toggle("magnified", exact && scale * devicePixelRatio >= 3);
      stage.classList.toggle("zoomed", this.view.zoom > 1);
    }
    this.#onchange();
  }

  /**
   * @param {HTMLElement} stage
   * @param {WheelEvent} event
   */
  #wheel(stage, event) {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    this.zoom(2 ** ((-event.deltaY * lines) / (event.ctrlKey ? 100 : 400)), stage, within(stage, event));
  }

  /**
   * @param {HTMLElement} stage
   * @param {boolean} drags
   */
  #pinchAndPan(stage, drags) {
    /** @type {Map<number, {x: number, y: number}>} */
    const fingers = new Map();
    stage.addEventListener("pointerdown", (event) => {
      if (event.target instanceof Element && event.target.closest("button")) return;
      if (event.pointerType === "touch") fingers.set(event.pointerId, within(stage, event));
      else if (event.button === 1 || (drags && event.button === 0)) fingers.set(event.pointerId, within(stage, event));
      else return;
      if (drags || event.button === 1) stage.setPointerCapture(event.pointerId);
    });
    stage.addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      const now = within(stage, event);
      const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
      if (other) {
        const times =
          Math.hypot(now.x - other.x, now.y - other.y) /
          Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
        this.pan(stage, (now.x - before.x) / 2, (now.y - before.y) / 2);
        this.zoom(times, stage, { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
      } else if (drags || event.pointerType !== "touch") this.pan(stage, now.x - before.x, now.y - before.y);
      fingers.set(event.pointerId, now);
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      stage.addEventListener(end, (event) => fingers.delete(/** @type {PointerEvent} */ (event).pointerId));
    }
  }
}

/**
 * @param {HTMLElement} stage
 * @returns {Size}
 */
function sizeOf(stage) {
  return { width: stage.clientWidth, height: stage.clientHeight };
}

/**
 * @param {HTMLElement} stage
 * @param {MouseEvent} event
 */
function within(stage, event) {
  const box = stage.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}
