/** Work that follows a hand: one at a time, and of what waits only the newest is done. */

export class Newest {
  /** @type {((signal: AbortSignal) => Promise<void>) | null} */
  #waiting = null;
  /** @type {AbortController | null} */
  #running = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #pause;
  #onbusy;

  /**
   * @param {number} pause  milliseconds of rest before work begins
   * @param {(busy: boolean) => void} onbusy
   */
  constructor(pause, onbusy) {
    this.#pause = pause;
    this.#onbusy = onbusy;
  }

  /**
   * Do this as soon as may be, instead of what waits.
   * @param {(signal: AbortSignal) => Promise<void>} work  deals with its own errors
   * @param {boolean} [anew]  whether what is under way has become pointless, and is aborted
   */
  ask(work, anew = false) {
    this.#waiting = work;
    if (anew) this.#running?.abort();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#next(), anew ? 0 : this.#pause);
  }

  async #next() {
    if (this.#running || !this.#waiting) return;
    const work = this.#waiting;
    this.#waiting = null;
    this.#running = new AbortController();
    this.#onbusy(true);
    try {
      await work(this.#running.signal);
    } finally {
      this.#running = null;
      if (this.#waiting) this.#next();
      else this.#onbusy(false);
    }
  }
}
