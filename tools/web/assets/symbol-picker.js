// Picks a symbol: a field that is searched as one types, and a list below it, both by mouse and by keyboard
// (arrows, Enter, Escape), as a combobox is for a screen reader.

import { element } from './element.js';

/** @typedef {{ exchange: string, symbol: string, first_day: string | null, last_day: string | null, is_live: boolean, price_decimals: number | null }} SymbolInfo */

const maxDecimals = 8;

/** With how many decimals prices are written. @param {SymbolInfo | undefined} info */
export function shownDecimals(info) {
  return Math.min(info?.price_decimals ?? 2, maxDecimals);
}

export class SymbolPicker {
  /** @type {SymbolInfo[]} */
  #symbols = [];
  /** @type {SymbolInfo[]} */
  #shown = [];
  #active = 0;
  #current = '';

  /**
   * @param {HTMLInputElement} input
   * @param {HTMLElement} list
   * @param {(symbol: SymbolInfo) => void} onPick
   */
  constructor(input, list, onPick) {
    this.input = input;
    this.list = list;
    this.onPick = onPick;
    input.addEventListener('focus', () => input.select());
    input.addEventListener('click', () => this.#open(''));
    input.addEventListener('input', () => this.#open(input.value));
    input.addEventListener('blur', () => this.close());
    input.addEventListener('keydown', (event) => this.#press(event));
    // The field would lose the focus, and the list be gone, before the click comes.
    list.addEventListener('mousedown', (event) => event.preventDefault());
  }

  /** @param {SymbolInfo[]} symbols */
  setSymbols(symbols) {
    this.#symbols = symbols;
  }

  /** @param {string} symbol */
  setCurrent(symbol) {
    this.#current = symbol;
    this.input.value = symbol;
  }

  focus() {
    this.input.focus();
    this.#open('');
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute('aria-expanded', 'false');
    this.input.removeAttribute('aria-activedescendant');
    this.input.value = this.#current;
  }

  /** @param {string} text */
  #open(text) {
    const wanted = text.trim().toLowerCase();
    this.#shown = this.#symbols
      .filter(({ exchange, symbol }) => `${exchange}/${symbol}`.toLowerCase().includes(wanted))
      .sort((a, b) => rank(a, wanted) - rank(b, wanted));
    this.#active = Math.max(
      0,
      wanted === '' ? this.#shown.findIndex(({ symbol }) => symbol === this.#current) : 0,
    );
    this.list.hidden = false;
    this.input.setAttribute('aria-expanded', 'true');
    this.#show();
  }

  #show() {
    const options = this.#shown.map((info, i) =>
      element(
        'li',
        {
          id: `symbol-${i}`,
          role: 'option',
          'aria-selected': String(i === this.#active),
          onclick: () => this.#pick(info),
        },
        element('span', {}, info.symbol),
        element('small', {}, `${info.exchange}${info.is_live ? ' · live' : ''}`),
      ),
    );
    if (options.length === 0) {
      options.push(element('li', { role: 'option', 'aria-disabled': 'true' }, 'no such symbol'));
    }
    this.list.replaceChildren(...options);
    const active = options[this.#active];
    active?.scrollIntoView({ block: 'nearest' });
    if (active?.id) this.input.setAttribute('aria-activedescendant', active.id);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (this.list.hidden) this.#open('');
      else this.#step(event.key === 'ArrowDown' ? 1 : -1);
    } else if (event.key === 'Enter') {
      const info = this.#shown[this.#active];
      if (!this.list.hidden && info !== undefined) this.#pick(info);
    } else if (event.key === 'Escape') {
      this.input.blur();
    }
  }

  /** @param {number} by */
  #step(by) {
    const count = this.#shown.length;
    if (count === 0) return;
    this.#active = (this.#active + by + count) % count;
    this.#show();
  }

  /** @param {SymbolInfo} info */
  #pick(info) {
    this.#current = info.symbol;
    this.input.blur();
    this.onPick(info);
  }
}

/** What begins with the text comes first. @param {SymbolInfo} info @param {string} wanted */
function rank({ symbol }, wanted) {
  return symbol.toLowerCase().startsWith(wanted) ? 0 : 1;
}
