// Elements of the page. Text only ever becomes text: nothing here, or anywhere in these pages, reads a
// string as HTML, so a name that looks like a tag is shown as it is.

/** @typedef {string | number | Node | null | undefined | false} Child */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | number | boolean | ((event: any) => void) | undefined>} [attributes]
 *   `class`, `title`…; `onclick` and the like are listeners; `false` and undefined are left out
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? '' : String(value));
  }
  fill(made, ...children);
  return made;
}

/** Replaces what is in `parent`. @param {Element} parent @param {...Child} children */
export function fill(parent, ...children) {
  const shown = children.filter(
    (child) => child !== null && child !== undefined && child !== false,
  );
  parent.replaceChildren(
    ...shown.map((child) => (child instanceof Node ? child : document.createTextNode(`${child}`))),
  );
}

/**
 * The element of the page with this id, which is there.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new TypeError(`the page has no element ${id}`);
  return /** @type {T} */ (found);
}

/**
 * A table with a caption for those who cannot see what it is about.
 * @param {string} caption
 * @param {readonly string[]} heads
 * @param {readonly (readonly Child[])[]} rows
 * @param {{ figures?: readonly number[], class?: string }} [options] `figures`: columns set to the right
 */
export function makeTable(caption, heads, rows, { figures = [], class: name } = {}) {
  const align = (/** @type {number} */ i) => (figures.includes(i) ? 'figure' : undefined);
  return element(
    'table',
    { class: name },
    element('caption', { class: 'unseen' }, caption),
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        ...heads.map((head, i) => element('th', { scope: 'col', class: align(i) }, head)),
      ),
    ),
    element(
      'tbody',
      {},
      ...rows.map((row) =>
        element('tr', {}, ...row.map((cell, i) => element('td', { class: align(i) }, cell))),
      ),
    ),
  );
}
