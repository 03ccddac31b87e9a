/**
 * Pictures made smaller and larger as the service does it (Pillow's resampling): across, then down, in 8 bits, the
 * filter stretched where a picture shrinks.
 *
 * @typedef {{width: number, height: number, data: Uint8ClampedArray}} Picture  RGBA; alpha becomes 255
 * @typedef {"bicubic" | "bilinear" | "area" | "nearest"} Interpolation
 */

/** @type {Record<string, {support: number, weigh: (x: number) => number}>} */
const FILTERS = {
  bicubic: { support: 2, weigh: keys },
  bilinear: { support: 1, weigh: (x) => Math.max(0, 1 - Math.abs(x)) },
  area: { support: 0.5, weigh: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
};

/**
 * @param {Picture} picture
 * @param {number} width
 * @param {number} height
 * @param {Interpolation} interpolation
 * @returns {Picture}
 */
export function resize(picture, width, height, interpolation) {
  if (picture.width === width && picture.height === height) return picture;
  if (interpolation === "nearest") return nearest(picture, width, height);
  const filter = FILTERS[interpolation];
  const wide = picture.width === width ? picture : across(picture, width, filter);
  return wide.height === height ? wide : turned(across(turned(wide), height, filter));
}

/**
 * Cubic convolution (Keys 1981) with a = -1/2.
 * @param {number} x
 */
function keys(x) {
  x = Math.abs(x);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/**
 * @param {Picture} picture
 * @param {number} width
 * @param {{support: number, weigh: (x: number) => number}} filter
 * @returns {Picture}
 */
function across(picture, width, filter) {
  const { height, data } = picture;
  const scale = picture.width / width;
  const stretch = Math.max(1, scale);
  const result = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let x = 0; x < width; x++) {
    const centre = (x + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - filter.support * stretch + 0.5));
    const last = Math.min(picture.width, Math.trunc(centre + filter.support * stretch + 0.5));
    const weights = Array.from({ length: last - first }, (_, i) => filter.weigh((i + first - centre + 0.5) / stretch));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (let y = 0; y < height; y++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        let at = 4 * (y * picture.width + first) + channel;
        for (const weight of weights) {
          sum += weight * data[at];
          at += 4;
        }
        result[4 * (y * width + x) + channel] = Math.floor(sum / total + 0.5);
      }
    }
  }
  return { width, height, data: result };
}

/**
 * @param {Picture} picture
 * @returns {Picture} with rows and columns exchanged
 */
function turned({ width, height, data }) {
  const from = new Uint32Array(data.buffer, data.byteOffset, width * height);
  const to = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) to[x * height + y] = from[y * width + x];
  return { width: height, height: width, data: new Uint8ClampedArray(to.buffer) };
}

/**
 * @param {Picture} picture
 * @param {number} width
 * @param {number} height
 * @returns {Picture}
 */
function nearest(picture, width, height) {
  const from = new Uint32Array(picture.data.buffer, picture.data.byteOffset, picture.width * picture.height);
  const to = new Uint32Array(width * height);
  const columns = Array.from({ length: width }, (_, x) => Math.floor(((x + 0.5) * picture.width) / width));
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * picture.height) / height) * picture.width;
    for (let x = 0; x < width; x++) to[y * width + x] = from[row + columns[x]];
  }
  return { width, height, data: new Uint8ClampedArray(to.buffer) };
}
