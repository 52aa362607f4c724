// Elements from plain values. Text is always text, never markup.

/** @typedef {Node|string|null|undefined|false} Child */

/**
 * Returns an element. Of `props`, functions are listeners and the rest are attributes; null and
 * false leave an attribute out.
 * @param {string} tag with classes after points, as `p.quiet`
 * @param {{[name: string]: any}} props
 * @param {...(Child|Child[])} children
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, String(value));
  }
  for (const child of children.flat()) if (child) element.append(child);
  return element;
}

/** A link to another page. @param {string} address @param {string} text */
export const link = (address, text) => h("a", { href: address, rel: "noreferrer" }, text);

/**
 * Puts other children into an element.
 * @param {HTMLElement} element
 * @param {Child[]} children
 */
export function fill(element, children) {
  element.replaceChildren(...children.filter((child) => !!child).map((child) => /** @type {Node|string} */ (child)));
}

/** The element with an id. @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/**
 * Returns a block of code with a button that copies it.
 * @param {string} text
 * @param {string} what it is, for the button
 */
export function copied(text, what) {
  const button = h("button.copy", { type: "button", click: copy }, `Copy ${what}`);
  /** Copies; a page from a file may not use the clipboard, so the text is selected as well. */
  function copy() {
    getSelection()?.selectAllChildren(code);
    const done = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error("no clipboard"));
    done.then(
      () => (button.textContent = "Copied"),
      () => (button.textContent = "Selected: copy it by keyboard"),
    );
  }
  const code = h("code", {}, text);
  return h("div.copied", {}, h("pre", { tabindex: "0", "aria-label": what }, code), button);
}
