/** What the page says: how it stands, what went wrong, and to those who can't see it. */

import { button, element } from "./elements.js";

const problem = element("problem");
button("problem-close").addEventListener("click", () => (problem.hidden = true));

/** @param {string} text  under the output */
export function tell(text) {
  element("status").textContent = text;
}

/** @param {string} text  read out when there is time */
export function announce(text) {
  element("live").textContent = text;
}

/** @param {unknown} error  over the output, until it is dismissed or something works */
export function complain(error) {
  element("problem-text").textContent = sentence(error instanceof Error ? error.message : String(error));
  problem.hidden = false;
}

export function forgive() {
  problem.hidden = true;
}

/** @param {string} text  as a service or a program says it; the name of a file stays as it is */
export function sentence(text) {
  return text.replace(/^[a-z]+(?=[ ,])/, (word) => word[0].toUpperCase() + word.slice(1));
}

/** @param {number} milliseconds */
export function inWords(milliseconds) {
  if (milliseconds < 1000) return `${Math.max(1, Math.round(milliseconds))} ms`;
  return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 1 : 0)} s`;
}
