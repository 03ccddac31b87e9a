// Which curves share a panel, and what they are called.

/** @typedef {import("./api.js").Measure} Measure */
/** @typedef {{label: string, file: string, column: string}} Line */
/** @typedef {{id: string, title: string, unit: string, lines: Line[], smooth: boolean, share?: boolean, decimals?: number}} Panel */
/** @typedef {{title: string, panels: Panel[]}} Family */

/** @type {Record<string, string>} */
const ARROWS = { higher: "higher is better", lower: "lower is better", zero: "nearest to 0 is best" };

/** @type {Panel[]} */
const SYMPTOMS = [
  symptom("judged", "Discriminator is right about", "of held-out patches", [["targets", "right_real"], ["outputs", "right_fake"]], true),
  symptom("error", "Error", "share of the range", [["held-out pairs", "error"], ["training pairs", "error_trained"]], true),
  symptom("variety", "Outputs against targets", "1 is alike", [["contrast within", "contrast"], ["variety among", "variety"]]),
  symptom("correlation", "Correlation with the target", "lowest channel", [["", "correlation"]]),
  symptom("checkerboard", "Checkerboard", "dB beyond the targets'", [["", "checkerboard"]]),
  symptom("grid", "Strength of the grid", "grey levels", [["", "grid_level"]]),
];

/** @param {string} id @param {string} title @param {string} unit @param {string[][]} lines @param {boolean} share @returns {Panel} */
function symptom(id, title, unit, lines, share = false) {
  return { id: `symptoms-${id}`, title, unit, smooth: false, share, lines: lines.map(([label, column]) => ({ label, file: "symptoms", column })) };
}

/**
 * @param {Set<string>} losses names of their columns @param {Set<string>} validation @param {Set<string>} symptoms
 * @param {Record<string, Measure>} measures
 * @returns {Family[]} those with panels
 */
export function families(losses, validation, symptoms, measures) {
  const found = [
    { title: "On the held-out pairs", panels: validationPanels(validation, measures) },
    { title: "What is minimised", panels: lossPanels(losses) },
    { title: "Health", panels: SYMPTOMS.filter((panel) => panel.lines.some((line) => symptoms.has(line.column))) },
  ];
  return found.filter((family) => family.panels.length);
}

/** @param {Set<string>} columns @param {Record<string, Measure>} measures @returns {Panel[]} */
function validationPanels(columns, measures) {
  return [...columns].filter((name) => name !== "images_seen").map((name) => {
    const measure = measures[name];
    const better = measure ? ARROWS[measure.direction] ?? "" : "";
    return {
      id: `validation-${name}`, title: measure ? `${name.startsWith("reverse.") ? "Back: " : ""}${measure.label}` : name, unit: [measure?.unit, better].filter(Boolean).join(", "),
      smooth: false, decimals: measure?.decimals, lines: [{ label: "", file: "validation", column: name }],
    };
  });
}

/** @param {Set<string>} columns @returns {Panel[]} */
function lossPanels(columns) {
  /** @type {Map<string, Panel>} */
  const panels = new Map();
  for (const column of columns) {
    if (column === "images_seen" || column === "seconds") continue;
    const [part, ...rest] = column.split(".");
    const term = rest.join(".").replaceAll("-", " ").replaceAll("_", " ");
    const together = part.startsWith("discriminator") ? "Discriminator" : part === "lr" ? "Learning rate" : null;
    const title = together ?? [part, term].filter(Boolean).join(": ").replace(/^./, (first) => first.toUpperCase());
    const panel = panels.get(title) ?? { id: `losses-${title.replace(/\W+/g, "-").toLowerCase()}`, title, unit: "", smooth: part !== "lr", lines: [] };
    const label = together === "Discriminator" && part !== "discriminator" ? `${part.slice("discriminator".length).replace(/^[._-]/, "")} ${term}` : term;
    panel.lines.push({ label: together ? label : "", file: "losses", column });
    panels.set(title, panel);
  }
  const rate = panels.get("Learning rate");
  panels.delete("Learning rate");
  return [...panels.values(), ...(rate ? [rate] : [])];
}

/** The panel that shows "file.column". @param {Family[]} all @param {string} name */
export function panelOf(all, name) {
  const [file, ...rest] = name.split(".");
  const column = rest.join(".");
  return all.flatMap((family) => family.panels).find((panel) => panel.lines.some((line) => line.file === file && line.column === column));
}
