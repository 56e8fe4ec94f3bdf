// Completes names in the editor: views, columns, macros, keywords. Comes up while one types, or by Ctrl+Space;
// Enter takes a name only once one was chosen, Tab goes on as it always does.

import { element } from './element.js';

/** @typedef {{ name: string, kind: string }} Name */

const keywords =
  'SELECT FROM WHERE GROUP BY ALL ORDER LIMIT HAVING WITH AS AND OR NOT NULL BETWEEN CASE WHEN THEN ELSE END JOIN LEFT ASOF USING ON DISTINCT INTERVAL DESC COUNT SUM AVG MIN MAX NOW DESCRIBE SUMMARIZE';
const maxShown = 30;

export class Completion {
  /** @type {Name[]} */
  #names = keywords.split(' ').map((name) => ({ name, kind: 'keyword' }));
  /** @type {Name[]} */
  #shown = [];
  #active = -1;

  /** @param {HTMLTextAreaElement} editor @param {HTMLElement} list */
  constructor(editor, list) {
    this.editor = editor;
    this.list = list;
    editor.addEventListener('input', () => this.#open(2));
    editor.addEventListener('blur', () => this.close());
    editor.addEventListener('keydown', (event) => this.#press(event));
    list.addEventListener('mousedown', (event) => event.preventDefault());
  }

  /** @param {readonly Name[]} names */
  addNames(names) {
    const known = new Set(this.#names.map(({ name }) => name));
    for (const one of names) {
      if (!known.has(one.name)) this.#names.push(one);
      known.add(one.name);
    }
  }

  close() {
    this.list.hidden = true;
    this.#active = -1;
    this.editor.removeAttribute('aria-activedescendant');
  }

  /** The word before the cursor. */
  #word() {
    const before = this.editor.value.slice(0, this.editor.selectionStart);
    return /[\w]*$/.exec(before)?.[0] ?? '';
  }

  /** @param {number} minLength of the word */
  #open(minLength) {
    const word = this.#word().toLowerCase();
    const found = this.#names.filter(({ name }) => name.toLowerCase().startsWith(word));
    const isDone = found.length === 1 && found[0]?.name.toLowerCase() === word;
    if (word.length < minLength || found.length === 0 || isDone) {
      this.close();
      return;
    }
    this.#shown = found.sort((a, b) => rank(a) - rank(b)).slice(0, maxShown);
    this.#active = minLength === 0 ? 0 : -1;
    this.list.hidden = false;
    this.#show();
  }

  #show() {
    const options = this.#shown.map((one, i) =>
      element(
        'li',
        {
          id: `name-${i}`,
          role: 'option',
          'aria-selected': String(i === this.#active),
          onclick: () => this.#take(one),
        },
        one.name,
        element('small', {}, one.kind),
      ),
    );
    this.list.replaceChildren(...options);
    const active = options[this.#active];
    if (active === undefined) return;
    this.editor.setAttribute('aria-activedescendant', active.id);
    active.scrollIntoView({ block: 'nearest' });
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.key === ' ' && event.ctrlKey) {
      event.preventDefault();
      this.#open(0);
      return;
    }
    if (this.list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = this.#shown[this.#active];
    if (step !== undefined) {
      this.#active = (this.#active + step + this.#shown.length) % this.#shown.length;
      this.#show();
    } else if (event.key === 'Enter' && chosen !== undefined && !event.ctrlKey) this.#take(chosen);
    else if (event.key === 'Escape') this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {Name} name */
  #take({ name }) {
    const end = this.editor.selectionStart;
    this.editor.setRangeText(name, end - this.#word().length, end, 'end');
    this.close();
    this.editor.dispatchEvent(new Event('change'));
  }
}

/** Keywords come last. @param {Name} name */
function rank({ kind }) {
  return ['view', 'macro', 'column', 'keyword'].indexOf(kind);
}
