// The values of a bar as they are written, in the read-out and in the table. Holds no effects.

import { formatAmount, formatNumber } from './format.js';

/** @typedef {import('./bar.js').Bar} Bar */

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
    ['Bid', bar.bid === null ? '–' : `${price(bar.bid)} × ${formatAmount(bar.bidQty)}`, 'bid'],
    ['Ask', bar.ask === null ? '–' : `${price(bar.ask)} × ${formatAmount(bar.askQty)}`, 'ask'],
    [
      'Spread',
      bar.spread === null ? '–' : `${price(bar.spread)} (${formatBasisPoints(basisPoints)} bp)`,
    ],
  ];
}

/** Of the most liquid markets a spread is thousandths of one. @param {number | null} value */
function formatBasisPoints(value) {
  if (value === null || Math.abs(value) >= 0.1) return formatNumber(value, 2);
  return `${Number(value.toPrecision(2))}`;
}
