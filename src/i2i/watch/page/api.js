// What the page asks its server for.

/** @typedef {{check: string, severity: string, summary: string, advice: string, images_seen: number, columns: string[]}} Finding */
/** @typedef {{key: string, name: string, folder: string, recipe: string, state: string, images_seen: number, images: number, seconds: number, images_per_second: ?number, seconds_left: ?number, changed: number, findings: Finding[], samples: number[]}} Summary */
/** @typedef {{processor: number, cores: number, memory_used: number, memory: number, graphics: {name: string, busy: number, memory_used: number, memory: number}[]}} Load */
/** @typedef {{label: string, unit: string, direction: string, decimals: number, definition: string}} Measure */
/** @typedef {{config: Record<string, any>, measures: Record<string, Measure>}} Details */
/** @typedef {{token: string, rows: number, from: number, columns: Record<string, (number|null)[]>}} Part */

/** @param {string} path @returns {Promise<any>} */
async function get(path) {
  const answer = await fetch(path, { cache: "no-store" });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

/** @returns {Promise<{runs: Summary[], machine: ?Load, checks: Record<string, string>, lacking: string[]}>} */
export const getRuns = () => get("api/runs");

/** @param {string} key @returns {Promise<Details>} */
export const getDetails = (key) => get(`api/runs/${key}`);

/** @param {string} key @param {Record<string, string>} tokens @returns {Promise<Record<string, Part>>} */
export const getCurves = (key, tokens) => get(`api/runs/${key}/curves?${new URLSearchParams(tokens)}`);

/** @param {string} key @param {number} imagesSeen */
export const sampleAddress = (key, imagesSeen) => `api/runs/${key}/samples/${imagesSeen}.png`;
