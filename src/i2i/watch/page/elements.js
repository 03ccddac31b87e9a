// Making elements.

/**
 * @param {string} tag
 * @param {Record<string, any>} attributes `class`, `text` and properties as they are; those with a dash as attributes
 * @param {(Node|string|null|undefined|false)[]} children
 * @returns {any}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null) continue;
    if (name === "class") made.className = value;
    else if (name === "text") made.textContent = value;
    else if (name.includes("-") || name === "role" || name === "for" || name === "scope") made.setAttribute(name, value);
    else /** @type {any} */ (made)[name] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** The element of an id, which the page has. @param {string} id @returns {any} */
export const the = (id) => document.getElementById(id);

/** The value of a colour of the style sheet now. @param {string} name such as "--ink" */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The colour that stands for the run or the line of a number. @param {number} index */
export const seriesColour = (index) => colour(`--series-${(index % 6) + 1}`);
