/**
 * Maps that are laid over the output: numbers as colours.
 *
 * @typedef {import("./resample.js").Picture} Picture
 * @typedef {import("./raster.js").Colour} Colour
 * @typedef {object} Overlay
 * @property {string} name
 * @property {string} low  what the ends of the ramp are called, beside their values
 * @property {string} high
 * @property {Colour[]} ramp
 * @property {string} about
 */

/** @type {Colour[]} from dark to light, even in brightness, told apart by the colour-blind */
const HEAT = [
  [10, 8, 32],
  [72, 18, 96],
  [142, 40, 98],
  [208, 72, 66],
  [244, 132, 36],
  [250, 202, 74],
  [252, 252, 190],
];
/** @type {Colour[]} from doubted to believed */
const BELIEF = [
  [176, 66, 4],
  [232, 148, 92],
  [244, 244, 240],
  [110, 176, 222],
  [0, 92, 158],
];

/** @type {Record<string, Overlay>} */
export const MAPS = {
  difference: {
    name: "Difference",
    low: "",
    high: "",
    ramp: HEAT,
    about: "How far the output is from the input, mean of the channels.",
  },
  uncertainty: {
    name: "Uncertainty",
    low: "",
    high: "",
    ramp: HEAT,
    about: "Standard deviation over samples: where the model itself is undecided.",
  },
  patches: {
    name: "Patch map",
    low: "doubted",
    high: "believed",
    ramp: BELIEF,
    about: "The discriminator's probability that each patch is real, given the input.",
  },
};

/**
 * @param {number} share  0 to 1
 * @param {Colour[]} ramp
 * @returns {Colour}
 */
export function along(share, ramp) {
  const place = Math.min(1, Math.max(0, share)) * (ramp.length - 1);
  const first = Math.min(ramp.length - 2, Math.floor(place));
  const rest = place - first;
  const mixed = ramp[first].map((from, channel) => Math.round(from + (ramp[first + 1][channel] - from) * rest));
  return [mixed[0], mixed[1], mixed[2]];
}

/**
 * A grey picture in the colours of a ramp, in place.
 * @param {Picture} grey
 * @param {Colour[]} ramp
 */
export function paint(grey, ramp) {
  const table = Array.from({ length: 256 }, (_, level) => along(level / 255, ramp));
  for (let at = 0; at < grey.data.length; at += 4) grey.data.set(table[grey.data[at]], at);
}

/**
 * The mean absolute difference of the channels, as a grey picture from 0 to the largest.
 * @param {Picture} one
 * @param {Picture} other  of the same size
 * @returns {{picture: Picture, most: number}}
 */
export function difference(one, other) {
  const { width, height } = one;
  const differences = new Float32Array(width * height);
  let most = 1;
  for (let place = 0; place < differences.length; place++) {
    const at = 4 * place;
    const sum =
      Math.abs(one.data[at] - other.data[at]) +
      Math.abs(one.data[at + 1] - other.data[at + 1]) +
      Math.abs(one.data[at + 2] - other.data[at + 2]);
    differences[place] = sum / 3;
    most = Math.max(most, sum / 3);
  }
  const data = new Uint8ClampedArray(4 * width * height).fill(255);
  differences.forEach((each, place) => data.fill((255 * each) / most, 4 * place, 4 * place + 3));
  return { picture: { width, height, data }, most };
}

/**
 * Draw a ramp from left to right.
 * @param {HTMLCanvasElement} canvas
 * @param {Colour[]} ramp
 */
export function drawRamp(canvas, ramp) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  for (let x = 0; x < canvas.width; x++) {
    context.fillStyle = `rgb(${along(x / (canvas.width - 1), ramp)})`;
    context.fillRect(x, 0, 1, canvas.height);
  }
}
