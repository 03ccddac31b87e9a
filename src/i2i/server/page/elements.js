/** Elements of the page by their ids. */

/**
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} "${id}"`);
  return found;
}

/** @param {string} id */
export const button = (id) => byId(id, HTMLButtonElement);
/** @param {string} id */
export const canvas = (id) => byId(id, HTMLCanvasElement);
/** @param {string} id */
export const element = (id) => byId(id, HTMLElement);
/** @param {string} id */
export const input = (id) => byId(id, HTMLInputElement);
/** @param {string} id */
export const select = (id) => byId(id, HTMLSelectElement);

/** @param {HTMLCanvasElement} of */
export function context(of) {
  return /** @type {CanvasRenderingContext2D} */ (of.getContext("2d", { willReadFrequently: true }));
}
