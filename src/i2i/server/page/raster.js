/**
 * Marks on pixels, without any canvas: how much of each pixel a mark covers (a mask), and the pixels with the mark on
 * them.
 *
 * @typedef {{left: number, top: number, right: number, bottom: number}} Rect  pixels, right and bottom excluded
 * @typedef {[number, number, number]} Colour  red, green, blue, 0 to 255
 */

/** @type {Rect} */
export const NOWHERE = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };

/** @param {Rect} rect */
export function isEmpty(rect) {
  return rect.left >= rect.right || rect.top >= rect.bottom;
}

/**
 * The smallest rectangle around two.
 * @param {Rect} one
 * @param {Rect} other
 * @returns {Rect}
 */
export function around(one, other) {
  return {
    left: Math.min(one.left, other.left),
    top: Math.min(one.top, other.top),
    right: Math.max(one.right, other.right),
    bottom: Math.max(one.bottom, other.bottom),
  };
}

/**
 * Cover a line with round ends; what is covered already stays at least as covered.
 * @param {Uint8Array} mask  width × height, 0 to 255
 * @param {number} width
 * @param {number} height
 * @param {[number, number, number, number]} ends  x, y of one end and of the other, in pixels
 * @param {number} radius
 * @param {boolean} soft  whether edges are smoothed; otherwise a pixel is covered or not
 * @returns {Rect} what may have changed
 */
export function coverLine(mask, width, height, [ax, ay, bx, by], radius, soft) {
  const reach = radius + 1;
  const rect = within(
    {
      left: Math.min(ax, bx) - reach,
      top: Math.min(ay, by) - reach,
      right: Math.max(ax, bx) + reach,
      bottom: Math.max(ay, by) + reach,
    },
    width,
    height,
  );
  const dx = bx - ax,
    dy = by - ay;
  const square = dx * dx + dy * dy;
  for (let y = rect.top; y < rect.bottom; y++) {
    for (let x = rect.left; x < rect.right; x++) {
      const px = x + 0.5 - ax,
        py = y + 0.5 - ay;
      const along = square === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / square));
      const beyond = radius + 0.5 - Math.hypot(px - along * dx, py - along * dy);
      const cover = soft ? Math.round(255 * Math.min(1, Math.max(0, beyond))) : beyond >= 0.5 ? 255 : 0;
      const place = y * width + x;
      if (cover > mask[place]) mask[place] = cover;
    }
  }
  return rect;
}

/**
 * Cover a filled rectangle between two opposite corners.
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 * @param {[number, number, number, number]} corners
 * @returns {Rect}
 */
export function coverBox(mask, width, height, [ax, ay, bx, by]) {
  const rect = within(
    { left: Math.min(ax, bx), top: Math.min(ay, by), right: Math.max(ax, bx), bottom: Math.max(ay, by) },
    width,
    height,
  );
  for (let y = rect.top; y < rect.bottom; y++) mask.fill(255, y * width + rect.left, y * width + rect.right);
  return rect;
}

/**
 * Cover all that is connected with a pixel and has its colour.
 * @param {Uint8Array} mask
 * @param {Uint8ClampedArray} pixels  RGBA
 * @param {number} width
 * @param {number} height
 * @param {number} x
 * @param {number} y
 * @param {number} tolerance  by how much each of red, green and blue may differ
 * @returns {Rect}
 */
export function coverRegion(mask, pixels, width, height, x, y, tolerance) {
  if (x < 0 || y < 0 || x >= width || y >= height) return NOWHERE;
  const start = 4 * (y * width + x);
  const [red, green, blue] = [pixels[start], pixels[start + 1], pixels[start + 2]];
  const belongs = (/** @type {number} */ place) =>
    mask[place] === 0 &&
    Math.abs(pixels[4 * place] - red) <= tolerance &&
    Math.abs(pixels[4 * place + 1] - green) <= tolerance &&
    Math.abs(pixels[4 * place + 2] - blue) <= tolerance;
  let rect = NOWHERE;
  const waiting = [y * width + x];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    if (!belongs(place)) continue;
    const row = Math.floor(place / width);
    let left = place,
      right = place + 1;
    while (left > row * width && belongs(left - 1)) left--;
    while (right < (row + 1) * width && belongs(right)) right++;
    mask.fill(255, left, right);
    rect = around(rect, { left: left - row * width, top: row, right: right - row * width, bottom: row + 1 });
    for (const neighbours of [left - width, left + width]) {
      if (neighbours < 0 || neighbours >= width * height) continue;
      for (let at = neighbours; at < neighbours + right - left; at++) {
        if (belongs(at) && (at === neighbours || !belongs(at - 1))) waiting.push(at);
      }
    }
  }
  return rect;
}

/**
 * Lay a colour on pixels as far as the mask covers them.
 * @param {Uint8ClampedArray} pixels  RGBA, changed inside `rect`
 * @param {Uint8ClampedArray} before  the same without the mark
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {Rect} rect
 * @param {Colour} colour
 */
export function lay(pixels, before, mask, width, rect, colour) {
  for (let y = rect.top; y < rect.bottom; y++) {
    for (let place = y * width + rect.left; place < y * width + rect.right; place++) {
      const cover = mask[place] / 255;
      for (let channel = 0; channel < 3; channel++) {
        const at = 4 * place + channel;
        pixels[at] = before[at] + (colour[channel] - before[at]) * cover;
      }
    }
  }
}

/**
 * The pixels of a rectangle, by themselves.
 * @param {Uint8ClampedArray} pixels  RGBA
 * @param {number} width
 * @param {Rect} rect
 */
export function cut(pixels, width, rect) {
  const across = 4 * (rect.right - rect.left);
  const piece = new Uint8ClampedArray(across * (rect.bottom - rect.top));
  for (let y = rect.top; y < rect.bottom; y++) {
    const start = 4 * (y * width + rect.left);
    piece.set(pixels.subarray(start, start + across), (y - rect.top) * across);
  }
  return piece;
}

/**
 * Put what `cut` gave back.
 * @param {Uint8ClampedArray} pixels
 * @param {number} width
 * @param {Rect} rect
 * @param {Uint8ClampedArray} piece
 */
export function put(pixels, width, rect, piece) {
  const across = 4 * (rect.right - rect.left);
  for (let y = rect.top; y < rect.bottom; y++) {
    pixels.set(piece.subarray((y - rect.top) * across, (y - rect.top + 1) * across), 4 * (y * width + rect.left));
  }
}

/**
 * The colours that most pixels have, the commonest first, each at least so far from the others.
 * @param {Uint8ClampedArray} pixels  RGBA
 * @param {number} most  how many
 * @param {number} [apart]  Euclidean distance
 * @returns {Colour[]}
 */
export function prominent(pixels, most, apart = 48) {
  const step = 4 * Math.max(1, Math.floor(pixels.length / 4 / 65536));
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (let at = 0; at < pixels.length; at += step) {
    const code = (pixels[at] << 16) | (pixels[at + 1] << 8) | pixels[at + 2];
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  /** @type {Colour[]} */
  const found = [];
  for (const [code] of [...counts].sort(([, one], [, other]) => other - one)) {
    /** @type {Colour} */
    const colour = [code >> 16, (code >> 8) & 255, code & 255];
    if (found.every((each) => distance(each, colour) >= apart)) found.push(colour);
    if (found.length === most) break;
  }
  return found;
}

/**
 * The place of the nearest of some colours, of equally near ones the first.
 * @param {Colour} colour
 * @param {Colour[]} table
 */
export function nearestColour(colour, table) {
  const distances = table.map((each) => distance(each, colour));
  return distances.indexOf(Math.min(...distances));
}

/**
 * @param {Colour} one
 * @param {Colour} other
 */
function distance(one, other) {
  return Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
}

/**
 * @param {Rect} rect
 * @param {number} width
 * @param {number} height
 * @returns {Rect} its whole pixels inside a picture
 */
function within(rect, width, height) {
  return {
    left: Math.max(0, Math.floor(rect.left)),
    top: Math.max(0, Math.floor(rect.top)),
    right: Math.min(width, Math.ceil(rect.right)),
    bottom: Math.min(height, Math.ceil(rect.bottom)),
  };
}
