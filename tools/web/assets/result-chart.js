// Rows of an answer as lines over time: the first column of times, and each numeric one; where times repeat, a
// line for each value of the first column of text (a symbol, say). More lines than can be told apart are left out,
// and it says so.

import { ColorType, createChart, LineSeries } from '/assets/lightweight-charts.js';
import { formatMark, formatMoment } from './chart-time.js';
import { element, fill } from './element.js';
import { isNumeric } from './result-table.js';

/** @typedef {import('./result-table.js').Result} Result */
/** @typedef {{ name: string, column: string, points: { time: number, value: number }[] }} Line */

const maxLines = 8;
/** Logarithm of the ratio from which a line gets the scale on the left. */
const otherScale = Math.log(10);
const hues = ['accent', 'ask', 'up', 'incomplete', 'filled', 'down', 'dim', 'text'];

/** The lines an answer can be drawn as; none: it lacks times or numbers. @param {Result} result @returns {Line[]} */
export function findLines({ columns, rows }) {
  const time = columns.findIndex(({ type }) => /^(TIMESTAMP|DATE)/i.test(type));
  if (time < 0) return [];
  const numbers = columns.flatMap(({ type }, i) => (isNumeric(type) ? [i] : []));
  const times = rows.map((row) => Math.floor(toMs(row[time]) / 1000));
  const repeats = new Set(times).size < times.length;
  const group = repeats ? columns.findIndex(({ type }) => type === 'VARCHAR') : -1;
  return numbers.flatMap((at) => {
    const name = columns[at]?.name ?? '';
    const indices = Map.groupBy(rows.keys(), (i) => (group < 0 ? '' : String(rows[i]?.[group])));
    return [...indices].map(([key, own]) => ({
      name: key === '' ? name : `${key} ${name}`,
      column: name,
      points: toPoints(
        own.map((i) => ({ time: times[i] ?? 0, value: Number(rows[i]?.[at] ?? Number.NaN) })),
      ),
    }));
  });
}

/** @param {unknown} value ISO 8601; without a zone it is UTC */
function toMs(value) {
  const text = String(value);
  return Date.parse(
    /(Z|[+-]\d\d(:?\d\d)?)$/.test(text) || text.length <= 10 ? text : `${text.replace(' ', 'T')}Z`,
  );
}

/** In order, a time once: the last value of it. @param {{ time: number, value: number }[]} points */
function toPoints(points) {
  const whole = points.filter(({ time, value }) => Number.isFinite(time) && Number.isFinite(value));
  const byTime = new Map(whole.map((point) => [point.time, point]));
  return [...byTime.values()].sort((a, b) => a.time - b.time);
}

/**
 * @param {HTMLElement} panel in sight
 * @param {Result} result
 * @returns {() => void} takes it away
 */
export function showChart(panel, result) {
  const lines = findLines(result).filter(({ points }) => points.length > 0);
  if (lines.length === 0) {
    fill(
      panel,
      element('p', { class: 'empty' }, 'A chart needs a column of times and one of numbers.'),
    );
    return () => {};
  }
  const style = getComputedStyle(document.documentElement);
  const color = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
  const canvas = element('div', {
    role: 'img',
    'aria-label': `Lines of ${lines.map(({ name }) => name).join(', ')}; the table has the figures`,
  });
  const keys = element('div', { class: 'keys' });
  fill(panel, canvas, keys);
  const chart = createChart(canvas, {
    autoSize: true,
    layout: {
      attributionLogo: false,
      background: { type: ColorType.Solid, color: color('panel') },
      textColor: color('dim'),
      fontSize: 11,
      fontFamily: getComputedStyle(document.body).fontFamily,
    },
    grid: { vertLines: { color: color('grid') }, horzLines: { color: color('grid') } },
    rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.12, bottom: 0.06 } },
    timeScale: {
      borderVisible: false,
      timeVisible: true,
      minBarSpacing: 0.01,
      tickMarkFormatter: formatMark,
    },
    localization: { timeFormatter: formatMoment },
  });
  for (const [i, { name, column, points }] of lines.slice(0, maxLines).entries()) {
    const hue = color(hues[i] ?? 'text');
    const isOther = column !== lines[0]?.column && isFar(points, lines[0]?.points ?? points);
    const precision = Math.min(8, Math.max(2, 3 - Math.floor(Math.log10(largest(points)))));
    const type = /** @type {const} */ ('price');
    const options = {
      priceScaleId: isOther ? 'left' : 'right',
      priceFormat: { type, precision, minMove: 10 ** -precision },
      color: hue,
      lineWidth: /** @type {const} */ (2),
      priceLineVisible: false,
    };
    chart.addSeries(LineSeries, options).setData(/** @type {any} */ (points));
    if (isOther) chart.applyOptions({ leftPriceScale: { visible: true, borderVisible: false } });
    const key = element('span', {}, isOther ? `${name} (left)` : name);
    key.style.setProperty('--key', hue);
    keys.append(key);
  }
  if (lines.length > maxLines)
    keys.append(element('span', {}, `${lines.length - maxLines} more are left out`));
  chart.timeScale().fitContent();
  return () => chart.remove();
}

/** Whether both on one scale would make one of them flat. @param {Line['points']} a @param {Line['points']} b */
function isFar(a, b) {
  return Math.abs(Math.log(largest(a) / largest(b))) > otherScale;
}

/** @param {Line['points']} points */
function largest(points) {
  return points.reduce((most, { value }) => Math.max(most, Math.abs(value)), Number.MIN_VALUE);
}
