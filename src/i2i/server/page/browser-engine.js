/**
 * The visitor's own browser as the place where a bundle runs.
 *
 * @typedef {object} Waiting
 * @property {(result: any) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {((share: number) => void) | undefined} onprogress
 */

export class BrowserEngine {
  /** @type {Worker | null} */
  #worker = null;
  #model = "";
  #count = 0;
  /** @type {Map<number, Waiting>} */
  #waiting = new Map();

  /** @param {import("./api.js").Model} model */
  isOpen(model) {
    return this.#model === model.name;
  }

  /**
   * Fetch a bundle's graph and make it ready; once a bundle.
   * @param {import("./api.js").Model} model
   * @param {import("./api.js").Service} service
   * @param {(share: number) => void} onprogress
   */
  async open(model, service, onprogress) {
    if (this.isOpen(model)) return;
    const graph = model.graph?.url;
    if (!graph) throw new Error(model.graph?.reason ?? "this model can't run in a browser");
    this.#model = "";
    const vendor = service.address("vendor/onnxruntime-web/");
    await this.#do({ task: "open", model, graph: service.address(graph), vendor, key: service.key }, onprogress);
    this.#model = model.name;
  }

  /**
   * Translate a picture.
   * @param {import("./resample.js").Picture} picture
   * @returns {Promise<import("./resample.js").Picture & {milliseconds: number}>}
   */
  run(picture) {
    return this.#do({ task: "run", picture: { width: picture.width, height: picture.height, data: picture.data } });
  }

  /**
   * @param {object} message
   * @param {(share: number) => void} [onprogress]
   * @returns {Promise<any>}
   */
  #do(message, onprogress) {
    this.#worker ??= this.#start();
    const id = this.#count++;
    this.#worker.postMessage({ id, ...message });
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject, onprogress }));
  }

  #start() {
    const worker = new Worker(new URL("./browser-worker.js", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data: { id, share, result, failure } }) => {
      const waiting = this.#waiting.get(id);
      if (share !== undefined) return waiting?.onprogress?.(share);
      this.#waiting.delete(id);
      if (failure === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(failure));
    });
    worker.addEventListener("error", (event) => {
      const error = new Error(`The browser's engine stopped (${event.message || "it could not be loaded"}).`);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
      this.#worker?.terminate();
      this.#worker = null;
      this.#model = "";
    });
    return worker;
  }
}
