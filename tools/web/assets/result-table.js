// Rows of an answer as a table of any length: only those in sight are elements, the others are room above and
// below. Numbers stand to the right, nothing is rounded.

import { element, fill } from './element.js';

/** @typedef {{ columns: { name: string, type: string }[], rows: unknown[][], truncated: boolean, elapsed_ms: number }} Result */

const rowHeight = 26;
const around = 20;

/** @param {string} type of DuckDB */
export function isNumeric(type) {
  return /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|REAL|DECIMAL.*)$/i.test(type);
}

/** @param {HTMLElement} panel which scrolls @param {Result} result */
export function showTable(panel, { columns, rows }) {
  panel.scrollTop = 0;
  if (rows.length === 0) {
    fill(panel, element('p', { class: 'empty' }, 'No row answers this question.'));
    panel.onscroll = null;
    return;
  }
  const figures = columns.map(({ type }) => (isNumeric(type) ? 'figure' : undefined));
  const heads = columns.map(({ name, type }, i) =>
    element(
      'th',
      { scope: 'col', class: figures[i], title: type },
      name,
      element('small', {}, shorten(type)),
    ),
  );
  const body = element('tbody');
  fill(
    panel,
    element(
      'table',
      { class: 'rows', 'aria-rowcount': rows.length + 1 },
      element('caption', { class: 'unseen' }, `Result, ${rows.length} rows`),
      element('thead', {}, element('tr', { 'aria-rowindex': 1 }, ...heads)),
      body,
    ),
  );
  let shownFrom = -1;
  const draw = () => {
    const from = Math.max(0, Math.floor(panel.scrollTop / rowHeight) - around);
    if (shownFrom >= 0 && Math.abs(from - shownFrom) < around / 2) return;
    shownFrom = from;
    const to = Math.min(rows.length, from + Math.ceil(panel.clientHeight / rowHeight) + 2 * around);
    const shown = rows
      .slice(from, to)
      .map((row, i) =>
        element(
          'tr',
          { 'aria-rowindex': from + i + 2 },
          ...row.map((value, at) => makeCell(value, figures[at])),
        ),
      );
    body.replaceChildren(makeSpace(from), ...shown, makeSpace(rows.length - to));
  };
  panel.onscroll = draw;
  draw();
}

/** @param {number} count of rows that are not shown */
function makeSpace(count) {
  const space = element('tr', { class: 'space', 'aria-hidden': 'true' }, element('td'));
  space.style.height = `${count * rowHeight}px`;
  return space;
}

/** @param {unknown} value @param {string | undefined} align */
function makeCell(value, align) {
  if (value === null || value === undefined)
    return element('td', { class: align }, element('span', { class: 'null' }, 'null'));
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return element('td', { class: align, title: text.length > 60 ? text : undefined }, text);
}

/** @param {string} type */
function shorten(type) {
  return type.replace('TIMESTAMP WITH TIME ZONE', 'TIMESTAMPTZ').toLowerCase();
}
