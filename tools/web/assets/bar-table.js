// The bars on screen as a table, newest first: what the canvas shows, for those who cannot see it, and for
// those who want the figures.

import { listValues } from './bar-values.js';
import { element, makeTable } from './element.js';
import { formatNumber, formatTime } from './format.js';
import { currentZone } from './preferences.js';
import { describeState, describeStretch } from './read-out.js';

/** @typedef {import('./stretches.js').Slot} Slot */
/** @typedef {import('./stretches.js').Stretch} Stretch */

export const maxRows = 500;

/**
 * @param {readonly Slot[]} slots those on screen
 * @param {readonly Stretch[]} gaps those on screen
 * @param {{ decimals: number, width: number, caption: string }} options
 */
export function makeBarTable(slots, gaps, { decimals, width, caption }) {
  const bars = slots
    .flatMap((slot) => (slot.bar === undefined ? [] : [{ slot, bar: slot.bar }]))
    .reverse();
  const shown = bars.slice(0, maxRows);
  const names =
    shown[0] === undefined ? [] : listValues(shown[0].bar, decimals).map(([name]) => name);
  const rows = shown.map(({ slot, bar }) => [
    formatTime(bar.time * 1000, currentZone()),
    ...listValues(bar, decimals).map(([, value, kind]) => element('span', { class: kind }, value)),
    describeState(slot, width),
  ]);
  const figures = names.map((_, i) => i + 1);
  const table = makeTable(caption, ['Time', ...names, 'State'], rows, { figures });
  const notes = gaps.map((gap) => element('li', {}, describeStretch(gap)));
  const cut =
    bars.length > maxRows && `the newest ${maxRows} of ${formatNumber(bars.length, 0)} bars`;
  return element(
    'div',
    {},
    notes.length > 0 && element('ul', { class: 'marks' }, ...notes),
    cut && element('p', { class: 'dim' }, cut),
    table,
  );
}
