// The values of the bar under the crosshair, or of the newest one, over the chart; and what a stretch under
// it means, as a tip beside the pointer.

import { listValues } from './bar-values.js';
import { element, fill } from './element.js';
import { formatDuration, formatNumber, formatTime } from './format.js';
import { currentZone } from './preferences.js';

/** @typedef {import('./stretches.js').Stretch} Stretch */

/** What a narrow screen shows while no bar is pointed at. */
const essential = ['O', 'H', 'L', 'C', 'Δ', 'Vol'];

/**
 * What is special of a slot, in a few words.
 * @param {import('./stretches.js').Slot} slot
 * @param {number} width seconds
 */
export function describeState({ bar, isMended, lacking }, width) {
  if (bar === undefined) return 'not observed';
  if (!bar.isFinal) return 'in progress';
  const filled =
    isMended || bar.backfilled > 0 ? `${formatNumber(bar.backfilled, 0)} trades filled` : undefined;
  const isWhole = bar.isComplete || isMended;
  const observed = bar.seconds < width ? `${bar.seconds} of ${width} s observed` : undefined;
  const missing = lacking > 0 ? `up to ${formatNumber(lacking, 0)} trades missing` : undefined;
  const why =
    observed === undefined && missing === undefined ? ['incomplete'] : [observed, missing];
  const states = [...(isWhole ? [] : why), filled];
  return states.filter((one) => one !== undefined).join(', ') || 'complete';
}

/**
 * @param {HTMLElement} list
 * @param {import('./stretches.js').Slot | undefined} slot
 * @param {{ decimals: number, width: number }} options
 */
export function showReadOut(list, slot, { decimals, width }) {
  if (slot === undefined) {
    fill(list);
    return;
  }
  const { time, bar } = slot;
  const values = bar === undefined ? [] : listValues(bar, decimals);
  const state = describeState(slot, width);
  fill(
    list,
    line('', formatTime(time * 1000, currentZone())),
    ...values.map(([name, value, kind]) => line(name, value, kind, !essential.includes(name))),
    state === 'complete' ? null : line('', state, 'mark'),
  );
}

/** @param {string} name @param {string} value @param {string} [kind] @param {boolean} [isMore] */
function line(name, value, kind, isMore = false) {
  return element(
    'div',
    { class: isMore ? 'more' : undefined },
    element('dt', { class: name === '' ? 'unseen' : undefined }, name || 'State'),
    element('dd', { class: kind }, value),
  );
}

/** @param {Stretch} stretch */
export function describeStretch({ kind, from, to, intervals, trades, missingSeconds, holes }) {
  const zone = currentZone();
  const when = `${formatTime(from * 1000, zone)} to ${formatTime(to * 1000, zone)}`;
  const count = `${intervals} ${intervals === 1 ? 'interval' : 'intervals'}`;
  if (kind === 'gap')
    return `Gap: nothing observed for ${formatDuration(to - from)} (${count}), ${when}`;
  if (kind === 'trades')
    return `Missing trades: ${formatNumber(trades, 0)}, ${describeIds(holes ?? [])}, ${when}`;
  if (kind === 'filled') return `Filled: ${trades} trades fetched afterwards, ${count}, ${when}`;
  const lacking =
    missingSeconds > 0 ? `${formatDuration(missingSeconds)} not observed` : 'trades lacking';
  return `Incomplete: ${lacking} in ${count}, ${when}`;
}

/** @param {readonly import('./missing-trades.js').Hole[]} holes in order */
function describeIds(holes) {
  const [first, last] = [holes[0]?.firstTradeId, holes.at(-1)?.lastTradeId];
  const ids = first === last ? `id ${first}` : `ids ${first} to ${last}`;
  return holes.length < 2 ? ids : `in ${holes.length} places between ${ids}`;
}

/**
 * @param {HTMLElement} tip
 * @param {readonly Stretch[]} stretches what is under the pointer
 * @param {{ x: number, y: number, width: number } | undefined} at in the chart, which is `width` wide
 */
export function showTip(tip, stretches, at) {
  tip.hidden = stretches.length === 0 || at === undefined;
  if (at === undefined || tip.hidden) return;
  fill(tip, ...stretches.map((stretch) => element('div', {}, describeStretch(stretch))));
  const isRight = at.x > at.width / 2;
  tip.style.left = isRight ? 'auto' : `${at.x + 16}px`;
  tip.style.right = isRight ? `${at.width - at.x + 16}px` : 'auto';
  tip.style.top = `${at.y + 16}px`;
}
