// The values of the bar under the crosshair, or of the newest one, over the chart; and what a stretch under
// it means, as a tip beside the pointer.

import { element, fill } from './element.js';
import { formatAmount, formatDuration, formatNumber, formatTime } from './format.js';
import { currentZone } from './preferences.js';

/** @typedef {import('./bar.js').Bar} Bar */
/** @typedef {import('./stretches.js').Stretch} Stretch */

/**
 * Every value of a bar, by its name. @param {Bar} bar @param {number} decimals
 * @returns {[name: string, value: string, kind?: string][]}
 */
export function listValues(bar, decimals) {
  const price = (/** @type {number | null} */ value) => formatNumber(value, decimals);
  const change = bar.open === 0 ? 0 : (100 * (bar.close - bar.open)) / bar.open;
  const direction = bar.close >= bar.open ? 'up' : 'down';
  const bought = bar.volumeBase === 0 ? null : (100 * bar.takerBuyBase) / bar.volumeBase;
  const basisPoints = bar.spread === null ? null : (10_000 * bar.spread) / bar.close;
  return [
    ['O', price(bar.open), direction],
    ['H', price(bar.high), direction],
    ['L', price(bar.low), direction],
    ['C', price(bar.close), direction],
    ['Δ', `${change >= 0 ? '+' : '−'}${formatNumber(Math.abs(change), 2)}%`, direction],
    ['Vol', formatAmount(bar.volumeBase)],
    ['Quote vol', formatAmount(bar.volumeQuote)],
    ['Taker buy', bought === null ? '–' : `${formatNumber(bought, 0)}%`],
    ['Trades', formatNumber(bar.tradeCount, 0)],
    ['VWAP', price(bar.vwap)],
    ['Bid', `${price(bar.bid)} × ${formatAmount(bar.bidQty)}`, 'bid'],
    ['Ask', `${price(bar.ask)} × ${formatAmount(bar.askQty)}`, 'ask'],
    ['Spread', `${price(bar.spread)} (${formatNumber(basisPoints, 2)} bp)`],
  ];
}

/** What a narrow screen shows while no bar is pointed at. */
const essential = ['O', 'H', 'L', 'C', 'Δ', 'Vol'];

/** What is special of a bar, in a few words. @param {Bar} bar @param {number} width seconds */
export function describeState(bar, width) {
  if (!bar.isFinal) return 'in progress';
  const filled =
    bar.backfilled > 0 ? `${formatNumber(bar.backfilled, 0)} trades filled` : undefined;
  const observed = bar.seconds < width ? `${bar.seconds} of ${width} s observed` : 'incomplete';
  const states = [bar.isComplete ? undefined : observed, filled];
  return states.filter((one) => one !== undefined).join(', ') || 'complete';
}

/**
 * @param {HTMLElement} list
 * @param {Bar | undefined} bar
 * @param {{ time: number | undefined, decimals: number, width: number }} at
 */
export function showReadOut(list, bar, { time, decimals, width }) {
  if (time === undefined) {
    fill(list);
    return;
  }
  const values = bar === undefined ? [] : listValues(bar, decimals);
  const state = bar === undefined ? 'not observed' : describeState(bar, width);
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
export function describeStretch({ kind, from, to, intervals, trades, missingSeconds }) {
  const zone = currentZone();
  const when = `${formatTime(from * 1000, zone)} to ${formatTime(to * 1000, zone)}`;
  const count = `${intervals} ${intervals === 1 ? 'interval' : 'intervals'}`;
  if (kind === 'gap')
    return `Gap: nothing observed for ${formatDuration(to - from)} (${count}), ${when}`;
  if (kind === 'filled') return `Filled: ${trades} trades fetched afterwards, ${count}, ${when}`;
  const lacking =
    missingSeconds > 0 ? `${formatDuration(missingSeconds)} not observed` : 'trades lacking';
  return `Incomplete: ${lacking} in ${count}, ${when}`;
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
