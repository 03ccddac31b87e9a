/** Runs a bundle's graph beside the page, so that drawing stays smooth. It is spoken to by browser-engine.js. */

import { pictureOf, valuesOf } from "./coding.js";
import { resize } from "./resample.js";

/** @type {any} */
let runtime = null;
/** @type {any} */
let session = null;
/** @type {import("./api.js").Model | null} */
let model = null;

addEventListener("message", async ({ data: { id, task, ...given } }) => {
  try {
    const result = task === "open" ? await open(id, given) : await run(given.picture);
    postMessage({ id, result });
  } catch (error) {
    postMessage({ id, failure: error instanceof Error ? error.message : String(error) });
  }
});

/**
 * @param {number} id
 * @param {{model: import("./api.js").Model, graph: string, vendor: string, key: string}} given
 */
async function open(id, given) {
  if (!runtime) {
    const file = `${given.vendor}ort.wasm.min.mjs`;
    if ((await fetch(file)).status === 404) {
      throw new Error(
        "What runs models in a browser is not in this installation of i2i; scripts/pages adds it, see docs/page.md.",
      );
    }
    runtime = await import(file);
    runtime.env.wasm.wasmPaths = given.vendor;
    runtime.env.wasm.numThreads = crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency) : 1;
  }
  const graph = await download(given.graph, given.key, (share) => postMessage({ id, share }));
  await session?.release();
  session = await runtime.InferenceSession.create(graph, { executionProviders: ["wasm"] });
  model = given.model;
}

/** @param {import("./resample.js").Picture} picture */
async function run(picture) {
  if (!model || !session) throw new Error("no graph is open");
  const start = performance.now();
  const { width, height } = picture;
  const [high, wide] = model.graph_input?.resize_to ?? [height, width];
  const interpolation = model.input.labels ? "nearest" : (model.graph_input?.interpolation ?? "bicubic");
  const shown = resize(picture, wide, high, interpolation);
  const input = new runtime.Tensor("uint8", valuesOf(shown, model.input), [1, high, wide, model.input.channels]);
  const { output } = await session.run({ input });
  const [, outHigh, outWide] = output.dims;
  const translated = pictureOf(output.data, outWide, outHigh, model.target);
  const enlarged = { width: width * model.scale, height: height * model.scale };
  const back = resize(translated, enlarged.width, enlarged.height, model.target.labels ? "nearest" : "bicubic");
  return { ...back, milliseconds: performance.now() - start };
}

/**
 * @param {string} address
 * @param {string} key
 * @param {(share: number) => void} onprogress
 * @returns {Promise<Uint8Array>}
 */
async function download(address, key, onprogress) {
  const answer = await fetch(address, key ? { headers: { Authorization: `Bearer ${key}` } } : {});
  if (!answer.ok || !answer.body) {
    const told = await answer.json().catch(() => null);
    throw new Error(told?.error?.message ?? `the graph could not be had (${answer.status})`);
  }
  const total = Number(answer.headers.get("Content-Length")) || 0;
  /** @type {Uint8Array[]} */
  const parts = [];
  let loaded = 0;
  const reader = answer.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    loaded += part.value.length;
    if (total) onprogress(loaded / total);
  }
  return new Uint8Array(await new Blob(/** @type {BlobPart[]} */ (parts)).arrayBuffer());
}
