/**
 * The service, as the page speaks to it.
 *
 * @typedef {{value: number, name: string, colour: string}} LabelClass
 * @typedef {object} Side
 * @property {string} describe
 * @property {number} channels  of its files: of a label map 1 of class values, or 3 of colours
 * @property {string} dtype
 * @property {boolean} labels
 * @property {boolean} plain  whether it is 8-bit grey or RGB as any program shows it
 * @property {LabelClass[]} classes
 * @property {boolean} drawable
 * @typedef {{resize_to: [number, number] | null, interpolation?: import("./resample.js").Interpolation}} GraphInput
 * @typedef {object} Model
 * @property {string} name
 * @property {string} title
 * @property {string} recipe
 * @property {string} device
 * @property {string} engine
 * @property {Side} input
 * @property {Side} target
 * @property {[number, number]} size  height and width of the training images
 * @property {number} scale
 * @property {"training" | "native"} resize
 * @property {boolean} random
 * @property {boolean} dropout
 * @property {string[]} examples
 * @property {boolean} discriminator
 * @property {{url: string | null, reason: string | null} | null} graph
 * @property {GraphInput | null} graph_input
 *
 * @typedef {{image: Blob, name: string, as: "file" | "drawing"}} Source
 * @typedef {Record<string, string | number>} Fields
 */

const POLL = 400;

export class ServiceError extends Error {
  /**
   * @param {number} status  0 where the service can't be reached
   * @param {string} message
   * @param {number} [wait]  seconds after which it may be tried again
   */
  constructor(status, message, wait) {
    super(message);
    this.status = status;
    this.wait = wait;
  }
}

export class Service {
  /** Of a request's bytes, told with the models. */
  mostBytes = Infinity;
  #base = document.baseURI;
  #key = sessionStorage.getItem("i2i-key") ?? "";

  get key() {
    return this.#key;
  }

  /** @param {string} key  from now on, and until the tab is closed */
  set key(key) {
    this.#key = key;
    sessionStorage.setItem("i2i-key", key);
  }

  /** @returns {Promise<Model[]>} */
  async models() {
    const { models, limits } = await (await this.#ask("v1/models")).json();
    this.mostBytes = limits.bytes;
    return models;
  }

  /**
   * @param {Model} model
   * @param {string} file
   * @param {boolean} preview
   */
  async example(model, file, preview) {
    const address = `v1/models/${encodeURIComponent(model.name)}/examples/${encodeURIComponent(file)}`;
    return (await this.#ask(address + (preview ? "?preview=1" : ""))).blob();
  }

  /** @param {Model} model */
  async card(model) {
    return (await this.#ask(`v1/models/${encodeURIComponent(model.name)}/card`)).text();
  }

  /** @param {string} address  as the service gave it */
  address(address) {
    return new URL(address.replace(/^\//, ""), this.#base).href;
  }

  /**
   * Translate an image.
   * @param {Model} model
   * @param {Source} source
   * @param {Fields} fields
   * @param {AbortSignal} [signal]
   */
  async translate(model, source, fields, signal) {
    return translation(await this.#post("v1/translate", model, source, { ...fields, as: source.as }, signal));
  }

  /**
   * Translate a large image, however long that takes; it is cancelled where the signal is aborted.
   * @param {Model} model
   * @param {Source} source
   * @param {Fields} fields
   * @param {(share: number) => void} onprogress
   * @param {AbortSignal} [signal]
   */
  async job(model, source, fields, onprogress, signal) {
    const taken = await (await this.#post("v1/jobs", model, source, { ...fields, as: source.as }, signal)).json();
    try {
      for (;;) {
        const { state, done, of, error } = await (await this.#ask(taken.status, { signal })).json();
        if (state === "done") return await translation(await this.#ask(taken.result, { signal }));
        if (state === "failed" || state === "cancelled")
          throw new ServiceError(500, error ?? "The translation was cancelled.");
        if (of > 0) onprogress(done / of);
        await new Promise((resolve) => setTimeout(resolve, POLL));
      }
    } finally {
      this.#ask(taken.status, { method: "DELETE" }).catch(() => {}); // also what is done: it has been fetched
    }
  }

  /**
   * An image as 8-bit PNG, as the model's input is seen.
   * @param {Model} model
   * @param {Blob} image
   * @param {string} name
   */
  async preview(model, image, name) {
    return (await this.#post("v1/preview", model, { image, name, as: "file" }, {})).blob();
  }

  /**
   * What the discriminator believes, or how far samples differ: a grey PNG, and the values of black and white.
   * @param {Model} model
   * @param {Source} source
   * @param {Fields} fields
   * @param {AbortSignal} signal
   */
  async explain(model, source, fields, signal) {
    const answer = await this.#post("v1/explain", model, source, { ...fields, as: source.as }, signal);
    const [low, high] = ["X-I2I-Low", "X-I2I-High"].map((name) => Number(answer.headers.get(name)));
    return { image: await answer.blob(), low, high };
  }

  /**
   * @param {string} address
   * @param {Model} model
   * @param {Source} source
   * @param {Fields} fields
   * @param {AbortSignal} [signal]
   */
  #post(address, model, source, fields, signal) {
    const { size } = source.image;
    if (size > this.mostBytes)
      throw new ServiceError(
        413,
        `${source.name}: has ${megabytes(size)}; this service takes up to ${megabytes(this.mostBytes)}.`,
      );
    const form = new FormData();
    form.set("model", model.name);
    for (const [name, value] of Object.entries(fields)) form.set(name, String(value));
    form.set("image", source.image, source.name);
    return this.#ask(address, { method: "POST", body: form, signal });
  }

  /**
   * @param {string} address
   * @param {RequestInit} [request]
   * @returns {Promise<Response>}
   */
  async #ask(address, request = {}) {
    let answer;
    try {
      const headers = this.#key ? { Authorization: `Bearer ${this.#key}` } : undefined;
      answer = await fetch(this.address(address), { ...request, headers });
    } catch (error) {
      if (request.signal?.aborted) throw error;
      throw new ServiceError(0, "The service can't be reached. Is it still running?");
    }
    if (answer.ok) return answer;
    const wait = Number(answer.headers.get("Retry-After")) || undefined;
    throw new ServiceError(answer.status, await reason(answer), wait);
  }
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${(bytes / 1e6).toPrecision(3)} MB`;
}

/**
 * What an answer with an image says.
 * @param {Response} answer
 */
async function translation(answer) {
  const named = /filename\*?=(?:UTF-8'')?"?([^";]+)/i.exec(answer.headers.get("Content-Disposition") ?? "");
  return {
    image: await answer.blob(),
    name: named ? decodeURIComponent(named[1]) : "translation.png",
    network: duration(answer.headers.get("Server-Timing"), "model"),
  };
}

/** @param {Response} answer */
async function reason(answer) {
  try {
    return String((await answer.json()).error.message);
  } catch {
    return `The service answered ${answer.status} ${answer.statusText}`.trim();
  }
}

/**
 * Milliseconds of one entry of a Server-Timing header; null where it isn't told.
 * @param {string | null} header
 * @param {string} name
 */
function duration(header, name) {
  const found = new RegExp(`\\b${name};\\s*dur=([0-9.]+)`).exec(header ?? "");
  return found ? Number(found[1]) : null;
}
