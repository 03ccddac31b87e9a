/** The model card, in the page: its text and pictures, set in its own style, with nothing in it that could run. */

/**
 * @param {HTMLElement} place
 * @param {string} html  the card as a page of its own
 */
export function showCard(place, html) {
  let written = "";
  const bare = html.replace(/<style[^>]*>([^]*?)<\/style>/gi, (_, rules) => {
    written += rules; // applied below: inside HTML, the page's own policy forbids it
    return "";
  });
  const card = new DOMParser().parseFromString(bare, "text/html");
  for (const each of card.querySelectorAll("script, style, iframe, object, embed, link, meta, base, form"))
    each.remove();
  for (const each of card.querySelectorAll("*")) {
    for (const { name } of [...each.attributes])
      if (name.startsWith("on") || name === "style") each.removeAttribute(name);
  }
  const style = new CSSStyleSheet();
  style.replaceSync(
    `${written.replace(/:root\b/g, ":host").replace(/(^|[\s,}])body(?=[\s,.{])/g, "$1.body")}
    :host { background: none; }
    .body { padding: 0 !important; margin: 0 !important; max-width: none !important; min-height: 0 !important; }`,
  );
  const root = place.shadowRoot ?? place.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [style];
  const body = document.createElement("div");
  body.className = "body";
  body.append(...card.body.childNodes);
  for (const link of body.querySelectorAll("a")) link.rel = "noreferrer";
  root.replaceChildren(body);
}
