// The curves of a run as far as they are known here.

/** @typedef {import("./api.js").Part} Part */
/** @typedef {Record<string, (number|null)[]>} Columns */

export const FILES = ["losses", "validation", "symptoms"];

export class Curves {
  constructor() {
    /** @type {Record<string, Columns>} */
    this.files = Object.fromEntries(FILES.map((file) => [file, {}]));
    /** @type {Record<string, string>} */
    this.tokens = {};
    this.rows = 1;
  }

  /** Takes the server's answer in; whether anything changed. @param {Record<string, Part>} parts */
  take(parts) {
    let changed = false;
    for (const file of FILES) {
      const part = parts[file];
      if (!part || part.token === this.tokens[file]) continue;
      const before = this.files[file];
      const names = Object.keys(part.columns);
      this.files[file] = Object.fromEntries(
        names.map((name) => [name, [...(before[name] ?? []).slice(0, part.from), ...part.columns[name]]]),
      );
      this.tokens[file] = part.token;
      if (file === "losses") this.rows = part.rows;
      changed = true;
    }
    return changed;
  }

  /** The values of "file.column" (a column may have dots itself). @param {string} file @param {string} column */
  column(file, column) {
    return this.files[file]?.[column] ?? [];
  }

  /** Seconds of training at a count of images, between the rows of the losses. @param {number} images */
  secondsAt(images) {
    const seen = this.column("losses", "images_seen"), seconds = this.column("losses", "seconds");
    if (!seen.length || seconds.length !== seen.length) return null;
    let low = 0, high = seen.length - 1;
    if (images <= Number(seen[0])) return (Number(seconds[0]) * images) / Number(seen[0]);
    if (images >= Number(seen[high])) return Number(seconds[high]);
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (Number(seen[middle]) <= images) low = middle;
      else high = middle;
    }
    const share = (images - Number(seen[low])) / (Number(seen[high]) - Number(seen[low]));
    return Number(seconds[low]) + share * (Number(seconds[high]) - Number(seconds[low]));
  }
}
