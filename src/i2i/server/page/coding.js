/**
 * Between pictures as the page shows them and the tensors of a bundle's exported graph, which hold what its files hold.
 *
 * @typedef {import("./resample.js").Picture} Picture
 * @typedef {import("./api.js").Side} Side
 * @typedef {import("./raster.js").Colour} Colour
 */

import { nearestColour } from "./raster.js";

/**
 * @param {string} hex  "#rrggbb"
 * @returns {Colour}
 */
export function colourOf(hex) {
  const code = Number.parseInt(hex.slice(1), 16);
  return [code >> 16, (code >> 8) & 255, code & 255];
}

/** @param {Colour} colour */
export function hexOf([red, green, blue]) {
  return `#${((1 << 24) | (red << 16) | (green << 8) | blue).toString(16).slice(1)}`;
}

/**
 * The values that a file of the input would have: (H, W, C), of a label map class values or colours, else grey or RGB.
 * @param {Picture} picture
 * @param {Side} side
 * @returns {Uint8Array}
 */
export function valuesOf({ width, height, data }, side) {
  const values = new Uint8Array(width * height * side.channels);
  if (side.channels === 3) {
    for (let place = 0; place < width * height; place++) values.set(data.subarray(4 * place, 4 * place + 3), 3 * place);
    return values;
  }
  const table = side.classes.map((each) => colourOf(each.colour));
  /** @type {Map<number, number>} */
  const known = new Map();
  for (let place = 0; place < width * height; place++) {
    const [red, green, blue] = [data[4 * place], data[4 * place + 1], data[4 * place + 2]];
    if (!side.labels) {
      values[place] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16; // Rec. 601 in 65536ths
      continue;
    }
    const code = (red << 16) | (green << 8) | blue;
    let value = known.get(code);
    if (value === undefined) known.set(code, (value = side.classes[nearestColour([red, green, blue], table)].value));
    values[place] = value;
  }
  return values;
}

/**
 * What a graph gave, as a picture: classes in their colours.
 * @param {Uint8Array} values  (H, W, C)
 * @param {number} width
 * @param {number} height
 * @param {Side} side
 * @returns {Picture}
 */
export function pictureOf(values, width, height, side) {
  const data = new Uint8ClampedArray(4 * width * height).fill(255);
  const colours = new Map(side.classes.map((each) => [each.value, colourOf(each.colour)]));
  for (let place = 0; place < width * height; place++) {
    if (side.channels === 3) data.set(values.subarray(3 * place, 3 * place + 3), 4 * place);
    else if (side.labels) data.set(colours.get(values[place]) ?? [255, 0, 255], 4 * place);
    else data.fill(values[place], 4 * place, 4 * place + 3);
  }
  return { width, height, data };
}
