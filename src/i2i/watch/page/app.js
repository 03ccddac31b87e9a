// The page of `i2i watch`: asks every few seconds what is new, and shows it.

import { getCurves, getDetails, getRuns } from "./api.js";
import { Charts } from "./charts.js";
import { the } from "./elements.js";
import { showFindings } from "./findings.js";
import { families } from "./panels.js";
import { showRuns } from "./runs.js";
import { Samples } from "./samples.js";
import { Curves } from "./store.js";
import { showSettings, showValidation } from "./tables.js";

/** @typedef {import("./api.js").Summary} Summary */
/** @typedef {import("./api.js").Details} Details */
/** @typedef {{summary: Summary, curves: Curves, details: ?Details, stamp: string, index: number}} Run */

const BUSY_MILLISECONDS = 2000;
const IDLE_MILLISECONDS = 8000;
const SHOWN_AT_FIRST = 4;

/** @type {Map<string, Run>} */
const runs = new Map();
/** @type {Set<string>} */
const shown = new Set();
const samples = new Samples();
const charts = new Charts(the("curves"), (text) => { the("cursor-told").textContent = text; });
let chosen = false;
/** @type {Record<string, string>} */
let checks = {};

async function refresh() {
  try {
    const answer = await getRuns();
    the("trouble").hidden = true;
    checks = answer.checks;
    take(answer.runs);
    showMachine(answer.machine);
    show();
    await Promise.all(shownRuns().map(follow));
    show();
    return answer.runs.some((run) => run.state === "running" || run.state === "waiting");
  } catch (error) {
    the("trouble").hidden = false;
    the("trouble").textContent = `No answer from "i2i watch" (${error instanceof Error ? error.message : error}). Is it still running? This page tries again.`;
    return true;
  }
}

/** @param {Summary[]} summaries */
function take(summaries) {
  for (const key of [...shown]) if (!summaries.some((run) => run.key === key)) shown.delete(key);
  for (const key of [...runs.keys()]) if (!summaries.some((run) => run.key === key)) runs.delete(key);
  for (const summary of summaries) {
    const run = runs.get(summary.key);
    if (run) run.summary = summary;
    else runs.set(summary.key, { summary, curves: new Curves(), details: null, stamp: "", index: -1 });
  }
  if (!chosen) {
    const newest = [...summaries].sort((one, other) => other.changed - one.changed).slice(0, SHOWN_AT_FIRST);
    for (const { key } of newest.length ? newest : []) shown.add(key);
    chosen = summaries.length > 0;
  }
  if (summaries.length === 1) shown.add(summaries[0].key);
  colour();
}

/** Gives each run that is shown the first colour that no other has; it keeps it as long as it is shown. */
function colour() {
  for (const [key, run] of runs) if (!shown.has(key)) run.index = -1;
  for (const run of shownRuns()) {
    if (run.index >= 0) continue;
    const taken = new Set(shownRuns().map((other) => other.index));
    run.index = 0;
    while (taken.has(run.index)) run.index += 1;
  }
}

/** Brings what is known of a run up to date. @param {Run} run */
async function follow(run) {
  const stamp = JSON.stringify([run.summary.changed, run.summary.images_seen, run.summary.state]);
  if (stamp === run.stamp && run.summary.state !== "running") return;
  const parts = await getCurves(run.summary.key, run.curves.tokens);
  run.curves.take(parts);
  if (!run.details || !Object.keys(run.details.measures).length || run.stamp === "") run.details = await getDetails(run.summary.key);
  run.stamp = stamp;
}

const shownRuns = () => [...runs.values()].filter((run) => shown.has(run.summary.key));

function options() {
  return { smoothing: the("smoothing").valueAsNumber, over: the("over").value, logarithmic: the("logarithmic").checked };
}

function show() {
  const all = [...runs.values()], visible = shownRuns();
  document.title = title(visible);
  showRuns(the("runs"), all.map((run) => run.summary), shown, (key) => runs.get(key)?.index ?? 0, (key, on) => {
    if (on) shown.add(key);
    else shown.delete(key);
    colour();
    void refresh();
  });
  showFindings(the("findings"), all.map((run) => run.summary), checks, seek);
  samples.take(visible.map((run) => ({ run: run.summary, index: run.index })));
  drawCurves(visible);
  showTables(visible);
}

/** Shows a run's curve. @param {string} key @param {string} column */
async function seek(key, column) {
  shown.add(key);
  await refresh();
  charts.seek(column);
}

/** @param {Run[]} visible */
function drawCurves(visible) {
  const names = (/** @type {string} */ file) => new Set(visible.flatMap((run) => Object.keys(run.curves.files[file]).filter((name) => run.curves.column(file, name).some((value) => value !== null))));
  const measures = Object.assign({}, ...visible.map((run) => run.details?.measures ?? {}));
  const found = families(names("losses"), names("validation"), names("symptoms"), measures);
  const drawn = visible.map((run) => ({ name: run.summary.name, index: run.index, curves: run.curves }));
  const note = the("no-curves");
  note.hidden = charts.uPlot !== null && found.length > 0;
  note.textContent = charts.uPlot === null
    ? "The curves are drawn by uPlot, which is not in this installation: run scripts/pages where there is npm, or install i2i from its wheel. All else on this page works without."
    : visible.length ? "Nothing was logged yet." : "Choose a run above.";
  charts.draw(found, drawn, options());
}

/** @param {Run[]} visible */
function showTables(visible) {
  const known = visible.filter((run) => run.details);
  const validated = known.filter((run) => (run.curves.files.validation.images_seen ?? []).length);
  the("validation").hidden = !validated.length;
  const select = the("validation-run");
  const before = select.value;
  if ([...select.options].map((option) => option.value).join() !== validated.map((run) => run.summary.key).join()) {
    select.replaceChildren(...validated.map((run) => new Option(run.summary.name, run.summary.key, false, run.summary.key === before)));
  }
  the("validation-choice").hidden = validated.length < 2;
  const run = validated.find((each) => each.summary.key === select.value) ?? validated[0];
  if (run?.details) showValidation(the("validation-table"), run.curves.files.validation, run.details);
  the("settings").hidden = !known.length;
  the("only-differences-option").hidden = known.length < 2;
  showSettings(the("settings-table"), known.map((each) => ({ name: each.summary.name, details: /** @type {Details} */ (each.details) })), the("only-differences").checked, the("settings-filter").value);
}

/** @param {?import("./api.js").Load} load */
function showMachine(load) {
  const cards = (load?.graphics ?? []).map((card) => `${card.name} ${card.busy.toFixed(0)} %, ${card.memory_used.toFixed(1)} of ${card.memory.toFixed(0)} GiB`);
  the("machine").textContent = load
    ? ["This machine", `processor ${load.processor.toFixed(0)} % of ${load.cores} cores`, `memory ${load.memory_used.toFixed(1)} of ${load.memory.toFixed(0)} GiB`, ...cards].join(" · ")
    : "";
}

/** @param {Run[]} visible */
function title(visible) {
  const running = visible.find((run) => run.summary.state === "running" && run.summary.images);
  const findings = visible.reduce((sum, run) => sum + run.summary.findings.length, 0);
  const share = running ? `${Math.floor((100 * running.summary.images_seen) / running.summary.images)} % ` : "";
  return `${findings ? `(${findings}) ` : ""}${share}${visible.length === 1 ? visible[0].summary.name : "runs"} – i2i watch`;
}

async function main() {
  await charts.load();
  for (const id of ["smoothing", "over", "logarithmic", "only-differences", "settings-filter", "validation-run"]) the(id).addEventListener("input", show);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  for (;;) {
    const busy = await refresh();
    await new Promise((resolve) => setTimeout(resolve, busy ? BUSY_MILLISECONDS : IDLE_MILLISECONDS));
    while (document.hidden) await new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
  }
}

void main();
