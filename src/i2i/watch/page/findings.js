// What ails the runs, as cards on top.

import { element } from "./elements.js";
import { count } from "./words.js";

/** @typedef {import("./api.js").Summary} Summary */

const ORDER = ["error", "warning", "advice"];

/**
 * @param {HTMLElement} place @param {Summary[]} runs @param {Record<string, string>} checks
 * @param {(key: string, column: string) => void} seek shows a curve of a run
 */
export function showFindings(place, runs, checks, seek) {
  const told = JSON.stringify([runs.map((run) => [run.name, run.state === "waiting", run.findings]), checks]);
  if (place.dataset.told === told) return; // or a screen reader would begin anew
  place.dataset.told = told;
  const cards = runs
    .flatMap((run) => run.findings.map((finding) => ({ run, finding })))
    .sort((one, other) => ORDER.indexOf(one.finding.severity) - ORDER.indexOf(other.finding.severity))
    .map(({ run, finding }) => element(
      "article", { class: `finding ${finding.severity}` },
      element("h3", {}, element("span", { class: "severity", text: finding.severity }), element("span", { text: capital(checks[finding.check] ?? finding.check) })),
      element("p", {}, capital(finding.summary), "."),
      element("p", { class: "advice-text" }, element("b", { text: "What to do: " }), finding.advice, "."),
      element("p", { class: "quiet small" }, `${runs.length > 1 ? `${run.name}, ` : ""}image ${count(finding.images_seen)} `,
        finding.columns.length > 0 && element("button", { type: "button", text: "Show the curve", onclick: () => seek(run.key, finding.columns[0]) })),
    ));
  const well = runs.filter((run) => !run.findings.length && run.state !== "waiting");
  place.replaceChildren(...cards, ...(well.length ? [healthy(well, runs.length, checks)] : []));
}

/** @param {Summary[]} well @param {number} of @param {Record<string, string>} checks */
function healthy(well, of, checks) {
  const who = of === 1 ? "No findings" : `No findings for ${well.length > 4 ? `${well.length} runs` : well.map((run) => run.name).join(", ")}`;
  return element("details", { class: "healthy" }, element("summary", { text: `${who}. What is looked for` }),
    element("ul", {}, ...Object.values(checks).map((text) => element("li", { text }))));
}

/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
