// The list of runs: which are shown, how far they are.

import { element } from "./elements.js";
import { count, duration, number } from "./words.js";

/** @typedef {import("./api.js").Summary} Summary */

/** @type {Record<string, string>} */
const STATES = { waiting: "begins", running: "running", finished: "finished", diverged: "diverged", quiet: "standing still" };

/**
 * @param {HTMLElement} place @param {Summary[]} runs @param {Set<string>} shown keys
 * @param {(key: string) => number} colourOf number of a run's colour
 * @param {(key: string, on: boolean) => void} toggle
 */
export function showRuns(place, runs, shown, colourOf, toggle) {
  /** @type {Map<string, HTMLElement>} */
  const there = new Map([...place.children].map((row) => [/** @type {HTMLElement} */ (row).dataset.key ?? "", /** @type {HTMLElement} */ (row)]));
  const rows = runs.map((run) => there.get(run.key) ?? row(run, toggle));
  if (rows.length !== place.children.length || rows.some((each, index) => place.children[index] !== each)) place.replaceChildren(...rows);
  runs.forEach((run, index) => update(rows[index], run, shown.has(run.key), colourOf(run.key), runs.length > 1));
}

/** @param {Summary} run @param {(key: string, on: boolean) => void} toggle */
function row(run, toggle) {
  const box = element("input", { type: "checkbox", onchange: () => toggle(run.key, box.checked) });
  return element("li", { "data-key": run.key },
    element("label", {}, box, element("span", { class: "swatch", "aria-hidden": "true" }), element("span", { class: "name" })),
    element("span", { class: "state" }), element("progress", { "aria-label": `${run.name}, images seen` }), element("span", { class: "pace numbers" }));
}

/** @param {HTMLElement} place @param {Summary} run @param {boolean} on @param {number} colour @param {boolean} several */
function update(place, run, on, colour, several) {
  const find = (/** @type {string} */ what) => /** @type {any} */ (place.querySelector(what));
  const box = find("input");
  box.checked = on;
  box.hidden = !several;
  find(".swatch").hidden = !several;
  find(".swatch").style.background = on ? `var(--series-${(colour % 6) + 1})` : "var(--line)";
  find(".name").textContent = run.name;
  find(".name").title = run.folder;
  const state = find(".state");
  state.textContent = STATES[run.state] ?? run.state;
  state.className = `state ${run.state}`;
  const progress = find("progress");
  progress.max = run.images || 1;
  progress.value = run.images ? Math.min(run.images_seen, run.images) : 0;
  find(".pace").textContent = pace(run);
}

/** @param {Summary} run */
function pace(run) {
  const ago = run.changed ? Date.now() / 1000 - run.changed : 0;
  const parts = [`${count(run.images_seen)} of ${run.images ? count(run.images) : "?"} images`];
  if (run.images_per_second) parts.push(`${number(run.images_per_second)} images/s`);
  if (run.state === "running" && run.seconds_left) parts.push(`about ${duration(run.seconds_left)} left`);
  else if (run.seconds) parts.push(`${duration(run.seconds)} of training`);
  if (run.state === "quiet" || (run.state === "running" && ago > 30)) parts.push(`last written ${duration(ago)} ago`);
  return parts.join(" · ");
}
