// The validations of a run, and the settings of all.

import { element } from "./elements.js";
import { count, number } from "./words.js";

/** @typedef {import("./api.js").Details} Details */
/** @typedef {import("./store.js").Columns} Columns */

/** @type {Record<string, string>} */
const ARROWS = { higher: "↑", lower: "↓", zero: "→0" };

/** @param {HTMLElement} table @param {Columns} validation @param {Details} details */
export function showValidation(table, validation, details) {
  const names = Object.keys(validation).filter((name) => name !== "images_seen");
  const best = Object.fromEntries(names.map((name) => [name, bestOf(validation[name], details.measures[name]?.direction)]));
  const chosen = details.config["training.best"];
  const kept = keptOf(validation, chosen, details.measures[chosen]?.direction);
  const head = element("tr", {}, element("th", { class: "number", scope: "col", text: "image" }), ...names.map((name) => heading(name, details)));
  const rows = validation.images_seen.map((images, index) => element(
    "tr", { class: index === kept ? "kept" : "" },
    element("th", { class: "number", scope: "row" }, index === kept && element("span", { class: "tag", text: "kept " }), count(Number(images))),
    ...names.map((name) => element("td", { class: `number${best[name] === index ? " best" : ""}`, title: best[name] === index ? "the best" : undefined, text: number(validation[name][index], details.measures[name]?.decimals) })),
  ));
  table.replaceChildren(element("thead", {}, head), element("tbody", {}, ...rows.reverse()));
}

/** @param {string} name @param {Details} details */
function heading(name, details) {
  const measure = details.measures[name];
  if (!measure) return element("th", { class: "number", scope: "col", text: name });
  const text = `${name.startsWith("reverse.") ? "Back: " : ""}${measure.label}${measure.unit ? `, ${measure.unit}` : ""} ${ARROWS[measure.direction] ?? ""}`;
  return element("th", { class: "number", scope: "col", title: measure.definition, text });
}

/** How far values are from the best there could be. @param {(number|null)[]} values @param {string} direction */
const shortfalls = (values, direction) => values.map((value) => (value === null ? Infinity : direction === "higher" ? -value : direction === "lower" ? value : Math.abs(value)));

/** Index of the least that is finite, or -1. @param {number[]} values */
function indexOfLeast(values) {
  const least = Math.min(...values);
  return Number.isFinite(least) ? values.indexOf(least) : -1;
}

/** Index of the best value; -1 where no value is better. @param {(number|null)[]} values @param {string|undefined} direction */
const bestOf = (values, direction) => (direction ? indexOfLeast(shortfalls(values, direction)) : -1);

/**
 * Index of the validation whose weights are in the bundle; of two directions the sum counts.
 *
 * @param {Columns} validation @param {string} chosen the measure, or "last" @param {string|undefined} direction
 */
function keptOf(validation, chosen, direction) {
  if (chosen === "last") return validation.images_seen.length - 1;
  if (!direction || !validation[chosen]) return -1;
  const there = shortfalls(validation[chosen], direction), back = validation[`reverse.${chosen}`];
  return indexOfLeast(back ? shortfalls(back, direction).map((value, index) => value + there[index]) : there);
}

/** @param {HTMLElement} table @param {{name: string, details: Details}[]} runs @param {boolean} onlyDifferences @param {string} filter */
export function showSettings(table, runs, onlyDifferences, filter) {
  const keys = [...new Set(runs.flatMap(({ details }) => Object.keys(details.config)))];
  const wanted = filter.trim().toLowerCase();
  const rows = keys.map((key) => {
    const values = runs.map(({ details }) => told(details.config[key]));
    return { key, values, differs: new Set(values).size > 1 };
  }).filter(({ key, values, differs }) => (differs || !onlyDifferences || runs.length < 2) && (!wanted || `${key} ${values.join(" ")}`.toLowerCase().includes(wanted)));
  const head = element("tr", {}, element("th", { scope: "col", text: "setting" }), ...runs.map(({ name }) => element("th", { scope: "col", text: runs.length > 1 ? name : "value" })));
  const none = element("tr", {}, element("td", { colSpan: runs.length + 1, text: wanted ? "no setting of that name" : "no differences" }));
  table.replaceChildren(element("thead", {}, head), element("tbody", {}, ...(rows.length ? rows.map(({ key, values, differs }) => element(
    "tr", { class: differs && !onlyDifferences ? "differs" : "" }, element("th", { scope: "row", text: key }), ...values.map((value) => element("td", { text: value })),
  )) : [none])));
}

/** @param {any} value */
function told(value) {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
