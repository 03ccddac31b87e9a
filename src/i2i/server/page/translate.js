/** A picture translated, by the service or in this browser; patient where the service is busy. */

import { ServiceError } from "./api.js";
import { sentence } from "./messages.js";

/**
 * @typedef {import("./api.js").Model} Model
 * @typedef {import("./api.js").Service} Service
 * @typedef {import("./api.js").Source} Source
 * @typedef {{results: import("./output.js").Result[], milliseconds: number, network: number | null}} Translated
 */

const LARGEST_IN_BROWSER = 1024 * 1024;
const LARGEST_AT_ONCE = 2048 * 2048;
const PATIENCE = 30;

/**
 * Why a model can't run in this browser as things stand; "" where it can.
 * @param {Model} model
 * @param {{width: number, height: number}} picture
 * @param {number} samples
 */
export function whyNotHere(model, picture, samples) {
  if (!model.graph?.url) return model.graph?.reason ?? "This model can't run in a browser.";
  const strange = [model.input, model.target].find((side) => !side.plain && !(side.labels && side.dtype === "uint8"));
  if (strange) return `A browser's pictures have 8 bits a channel; this model's have ${strange.describe}.`;
  if (samples > 1) return "Samples differ by noise, which only the service draws.";
  if (!model.graph_input?.resize_to && picture.width * picture.height > LARGEST_IN_BROWSER) {
    return "Pictures above 1024 × 1024 are translated in tiles, which only the service does.";
  }
  return "";
}

/**
 * One translation by the service: what is large as a job, of which it is told how far it is.
 * @param {Service} service
 * @param {Model} model
 * @param {Source} source
 * @param {{width: number, height: number}} picture
 * @param {import("./api.js").Fields} fields
 * @param {(text: string) => void} tell
 * @param {AbortSignal} [signal]
 */
export function ask(service, model, source, picture, fields, tell, signal) {
  const large = source.as === "file" && picture.width * picture.height * model.scale ** 2 > LARGEST_AT_ONCE;
  const onprogress = (/** @type {number} */ share) => tell(`Translating: ${Math.round(100 * share)} %`);
  return patiently(
    () =>
      large ? service.job(model, source, fields, onprogress, signal) : service.translate(model, source, fields, signal),
    tell,
    signal,
  );
}

/**
 * @param {Service} service
 * @param {Model} model
 * @param {Source} source
 * @param {{width: number, height: number}} picture
 * @param {{seed: number, samples: number}} wanted
 * @param {(text: string) => void} tell
 * @param {AbortSignal} signal
 * @returns {Promise<Translated>}
 */
export async function onServer(service, model, source, picture, { seed, samples }, tell, signal) {
  const start = performance.now();
  const fields = { preview: 1, ...dropout(model, samples) };
  const answers = await Promise.all(
    Array.from({ length: samples }, (_, number) =>
      ask(service, model, source, picture, { ...fields, seed: seed + number }, tell, signal),
    ),
  );
  const milliseconds = performance.now() - start;
  const results = await Promise.all(
    answers.map(async ({ image }, number) => ({
      picture: await createImageBitmap(image, { colorSpaceConversion: "none" }),
      seed: seed + number,
    })),
  );
  return { results, milliseconds, network: samples === 1 ? answers[0].network : null };
}

/**
 * @param {import("./browser-engine.js").BrowserEngine} engine
 * @param {Service} service
 * @param {Model} model
 * @param {ImageData} picture
 * @param {(text: string) => void} tell
 * @returns {Promise<Translated>}
 */
export async function inBrowser(engine, service, model, picture, tell) {
  if (!engine.isOpen(model)) tell("Making the model ready for this browser …");
  await engine.open(model, service, (share) => tell(`Fetching the model: ${Math.round(100 * share)} %`));
  const { width, height, data, milliseconds } = await engine.run(picture);
  const translated = await createImageBitmap(new ImageData(new Uint8ClampedArray(data), width, height));
  return { results: [{ picture: translated, seed: 0 }], milliseconds, network: null };
}

/**
 * The field by which several samples differ, where the bundle draws no noise by itself; a single one is as it has it.
 * @param {Model} model
 * @param {number} samples
 * @returns {import("./api.js").Fields}
 */
export function dropout(model, samples) {
  return samples > 1 && !model.dropout ? { dropout: "on" } : {};
}

/**
 * Do a task again where the service is busy, when it says that it may be tried.
 * @template T
 * @param {() => Promise<T>} task
 * @param {(text: string) => void} tell
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
export async function patiently(task, tell, signal) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await task();
    } catch (error) {
      const busy = error instanceof ServiceError && (error.status === 429 || error.status === 503);
      if (!busy || attempt === PATIENCE) throw error;
      tell(sentence(error.message));
      await pause(error.wait ?? 1, signal);
    }
  }
}

/**
 * @param {number} seconds
 * @param {AbortSignal} [signal]
 */
function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    setTimeout(resolve, 1000 * seconds);
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
