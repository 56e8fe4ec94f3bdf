// The completeness calendar: symbols down, days across, the newest first. A day says its percentage in figures,
// and in words what is missing; its colour differs in lightness and frame as well.

import { element } from './element.js';
import { formatDuration, formatNumber } from './format.js';

/** @typedef {{ exchange: string, symbol: string, day: string, completeness_percent: number | null, seconds_missing: number, trades_missing: number, trades: number | null }} QualityDay */

export const maxDays = 60;

/** @param {QualityDay} day @returns {'full' | 'most' | 'some' | 'none'} */
export function judgeDay({ completeness_percent: percent }) {
  if (percent === null) return 'none';
  if (percent >= 100) return 'full';
  return percent >= 99 ? 'most' : 'some';
}

/** Never 100 where anything is missing. @param {number | null} percent */
export function formatPercent(percent) {
  if (percent === null) return '–';
  if (percent >= 100) return '100';
  return percent >= 99
    ? (Math.floor(percent * 100) / 100).toFixed(2)
    : (Math.floor(percent * 10) / 10).toFixed(1);
}

/** @param {readonly QualityDay[]} quality */
export function makeCalendar(quality) {
  const days = [...new Set(quality.map(({ day }) => day))].sort().reverse().slice(0, maxDays);
  const rows = Map.groupBy(quality, ({ exchange, symbol }) => `${exchange}/${symbol}`);
  return element(
    'table',
    { class: 'calendar' },
    element(
      'caption',
      { class: 'unseen' },
      'Completeness in percent, a row per symbol, a column per day',
    ),
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        element('th', { scope: 'col' }, 'Symbol'),
        ...days.map((day) => element('th', { scope: 'col', title: day }, day.slice(5))),
      ),
    ),
    element(
      'tbody',
      {},
      ...[...rows]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, own]) => makeRow(name, new Map(own.map((one) => [one.day, one])), days)),
    ),
  );
}

/** @param {string} name @param {ReadonlyMap<string, QualityDay>} own @param {readonly string[]} days */
function makeRow(name, own, days) {
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, name),
    ...days.map((day) => {
      const one = own.get(day);
      if (one === undefined)
        return element('td', { 'data-level': 'none', title: `${name} ${day}: not recorded` }, '·');
      const title = `${name} ${day}: ${describeDay(one)}`;
      return element(
        'td',
        { 'data-level': judgeDay(one), title },
        formatPercent(one.completeness_percent),
      );
    }),
  );
}

/** @param {QualityDay} day */
function describeDay({ completeness_percent: percent, seconds_missing, trades_missing, trades }) {
  const missing = [
    seconds_missing > 0 && `${formatDuration(seconds_missing)} not observed`,
    trades_missing > 0 && `${formatNumber(trades_missing, 0)} trades missing`,
  ].filter((one) => one !== false);
  const said = missing.length === 0 ? 'nothing is missing' : missing.join(', ');
  return `${formatPercent(percent)}%, ${said}, ${formatNumber(trades, 0)} trades`;
}
