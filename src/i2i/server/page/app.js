/** The page: which model, where it runs, and what follows from what. */

import { Service, ServiceError } from "./api.js";
import { BrowserEngine } from "./browser-engine.js";
import { showCard } from "./card.js";
import { button, canvas, element, input, select } from "./elements.js";
import { InputPane } from "./input.js";
import { announce, complain, forgive, inWords, tell } from "./messages.js";
import { Newest } from "./newest.js";
import { OutputPane } from "./output.js";
import { ask, dropout, inBrowser, onServer, patiently, whyNotHere } from "./translate.js";
import { Viewport } from "./viewport.js";

/** @typedef {import("./api.js").Model} Model */

const PAUSE = 60;
const MOST_SEED = 999_999;

const service = new Service();
const engine = new BrowserEngine();
const newest = new Newest(PAUSE, (busy) => element("busy").classList.toggle("on", busy));
const viewport = new Viewport(moved);
const output = new OutputPane(viewport, explain, complain);
const drawing = new InputPane(service, { onload: arrived, onchange: () => newest.ask(translate), complain });

/** @type {Model[]} */
let models = [];
/** @type {Model | null} */
let model = null;
/** @type {AbortController | null} */
let explaining = null;
/** Why it does not run in this browser although that was asked for. */
let refused = "";

viewport.add(element("input-stage"), plane("input-stage"), false);
viewport.add(element("output-stage"), plane("output-stage"), true);
listen();
await start();

async function start() {
  try {
    models = await patiently(() => service.models(), tell);
  } catch (error) {
    if (error instanceof ServiceError && error.status === 401) return dialog("key-dialog").showModal();
    return complain(error);
  }
  if (models.length === 0) return complain("This service has no model.");
  select("model").replaceChildren(
    ...models.map(({ name, title }) => new Option(title && title !== name ? `${name}: ${title}` : name, name)),
  );
  select("model").disabled = models.length === 1;
  const asked = new URLSearchParams(location.hash.slice(1)).get("model");
  await open(models.find(({ name }) => name === asked) ?? models[0]);
}

/** @param {Model} chosen */
async function open(chosen) {
  model = chosen;
  document.querySelector("main")?.removeAttribute("inert");
  select("model").value = chosen.name;
  button("card").disabled = false;
  document.title = `${chosen.name} – i2i`;
  const [height, width] = chosen.size;
  element("about").textContent = [chosen.recipe, `${width} × ${height}`, chosen.device].filter(Boolean).join(" · ");
  select("samples").value = "1";
  for (const each of [select("samples"), input("seed"), button("reseed")]) each.disabled = !chosen.random;
  element("sampling-why").hidden = chosen.random;
  element("sampling-why").textContent = "This model draws no noise, so all samples would be the same.";
  for (const name of ["server-time", "browser-time"]) element(name).textContent = "";
  forgive();
  tell("");
  plane("input-stage").classList.toggle("exact", chosen.input.labels);
  plane("output-stage").classList.toggle("exact", chosen.target.labels);
  canvas("uncovered").classList.toggle("exact", chosen.input.labels);
  refused = "";
  output.empty();
  output.offer(chosen);
  await drawing.open(chosen);
}

/** @param {import("./viewport.js").Size} size  of the picture that has come */
function arrived(size) {
  forgive();
  viewport.show(size);
  newest.ask(translate, true);
}

function moved() {
  drawing.showBrush();
  output.moved();
  button("fit").textContent = `${Math.round(100 * viewport.view.zoom)} %`;
}

function samples() {
  return Number(select("samples").value);
}

function seed() {
  return Math.min(MOST_SEED, Math.max(0, Math.trunc(Number(input("seed").value)) || 0));
}

/** Show whether it can run in this browser; gives whether it is to. */
function settleEngine() {
  const here = input("in-browser");
  const why = model ? whyNotHere(model, drawing.picture, samples()) : "";
  here.parentElement?.classList.toggle("off", why !== "");
  here.parentElement?.setAttribute("title", why);
  if (why === "") refused = "";
  else if (here.checked) {
    refused = ` ${why}`;
    input("on-server").checked = true;
  }
  return here.checked;
}

/** @param {AbortSignal} signal */
async function translate(signal) {
  const asked = model;
  if (!asked) return;
  try {
    const here = settleEngine();
    const picture = drawing.picture;
    const copy = new ImageData(picture.data.slice(), picture.width, picture.height);
    const { results, milliseconds, network } = here
      ? await inBrowser(engine, service, asked, copy, tell)
      : await onServer(
          service,
          asked,
          await drawing.source(),
          copy,
          { seed: seed(), samples: samples() },
          tell,
          signal,
        );
    if (signal.aborted || asked !== model) return;
    forgive();
    output.show(results, copy);
    element(here ? "browser-time" : "server-time").textContent = inWords(milliseconds);
    const many = results.length > 1 ? `${results.length} samples in ` : "";
    const inside = network === null ? "" : `, ${inWords(network)} of it in the network`;
    tell(`${many}${inWords(milliseconds)} ${here ? "in this browser" : "on the server"}${inside}.${refused}`);
    announce(`Translated in ${inWords(milliseconds)}`);
  } catch (error) {
    if (signal.aborted) return;
    tell("");
    complain(error);
  }
}

/**
 * @param {string} what
 * @param {number} seed
 */
async function explain(what, seed) {
  if (!model) return null;
  explaining?.abort();
  const own = (explaining = new AbortController());
  try {
    return await service.explain(model, await drawing.source(), { what, seed }, own.signal);
  } catch (error) {
    if (own.signal.aborted) return null;
    throw error;
  }
}

async function save() {
  if (!model) return;
  button("save").disabled = true;
  try {
    const fields = { seed: output.seed || seed(), ...dropout(model, samples()) };
    const { image, name } = await ask(service, model, await drawing.source(), drawing.picture, fields, tell);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(image);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    announce(`${name} is downloaded`);
  } catch (error) {
    complain(error);
  } finally {
    button("save").disabled = false;
  }
}

async function card() {
  if (!model) return;
  try {
    showCard(element("card-body"), await service.card(model));
    dialog("card-dialog").showModal();
  } catch (error) {
    complain(error);
  }
}

/** @param {string} stage */
function plane(stage) {
  return /** @type {HTMLElement} */ (element(stage).querySelector(".plane"));
}

/** @param {string} id */
function dialog(id) {
  return /** @type {HTMLDialogElement} */ (document.getElementById(id));
}

/** @param {KeyboardEvent} event */
function key(event) {
  const typing = event.target instanceof Element && event.target.closest("input, select, textarea, dialog");
  if (typing || event.altKey) return;
  if (!drawing.key(event)) {
    if (event.ctrlKey || event.metaKey) return;
    if (event.key === "c") output.toggleCompare();
    else if (event.key === "+" || event.key === "=") viewport.zoom(1.5);
    else if (event.key === "-") viewport.zoom(1 / 1.5);
    else if (event.key === "0") viewport.fit();
    else return;
  }
  event.preventDefault();
}

function listen() {
  select("model").addEventListener("change", () => {
    const chosen = models.find(({ name }) => name === select("model").value);
    if (!chosen) return;
    history.replaceState(null, "", `#${new URLSearchParams({ model: chosen.name })}`);
    open(chosen);
  });
  for (const name of ["on-server", "in-browser"]) {
    input(name).addEventListener("change", () => {
      refused = "";
      newest.ask(translate, true);
    });
  }
  for (const name of ["samples", "seed"]) element(name).addEventListener("change", () => newest.ask(translate, true));
  button("reseed").addEventListener("click", () => {
    input("seed").value = String(Math.floor(Math.random() * (MOST_SEED + 1)));
    newest.ask(translate, true);
  });
  button("zoom-in").addEventListener("click", () => viewport.zoom(1.5));
  button("zoom-out").addEventListener("click", () => viewport.zoom(1 / 1.5));
  button("fit").addEventListener("click", () => viewport.fit());
  button("save").addEventListener("click", save);
  button("card").addEventListener("click", card);
  dialog("key-dialog").addEventListener("close", () => {
    service.key = input("key").value;
    start();
  });
  addEventListener("keydown", key);
}
