// The chart page: its controls and keys, and what stands around the chart. The view is kept in the URL, so
// that the same URL brings it back.

import { intervalNames } from './bar.js';
import { forgetBegun, symbolsPath, takeJson } from './chart-opening.js';
import { ChartPanels } from './chart-panels.js';
import { ChartSession } from './chart-session.js';
import { formatChartView, formatInstant, parseChartView } from './chart-view.js';
import { byId, element } from './element.js';
import { announce, openFrame, showError } from './frame.js';
import { chosenTheme, currentZone, keepPreference, readPreference } from './preferences.js';
import { PriceChart } from './price-chart.js';
import { formatPath, save, serverNowMs } from './request.js';
import { RetryError } from './retry.js';
import { SymbolPicker, shownDecimals } from './symbol-picker.js';
import { chooseSubject, countFitting } from './view-plan.js';

/** @typedef {import('./symbol-picker.js').SymbolInfo} SymbolInfo */
/** @typedef {import('./bar.js').Interval} Interval */

const symbolsEveryMs = 5000;
const urlAfterMs = 250;

const chart = new PriceChart(byId('chart'));
/** @type {SymbolInfo | undefined} */
let symbol;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let urlTimer;

const session = new ChartSession({
  chart,
  ask: takeJson,
  nowMs: serverNowMs,
  onChange: () => onChange(),
  onQuote: (quote) => panels.takeQuote(quote),
  onError: showError,
});
const panels = new ChartPanels(session, chart, () => symbol);
const picker = new SymbolPicker(byId('symbol'), byId('symbols'), (info) => show({ info }));

/** `from` and `to` in seconds. @param {{ info?: SymbolInfo, interval?: Interval, from?: number | undefined, to?: number | undefined, count?: number | undefined }} change */
function show({
  info = symbol,
  interval = currentInterval(),
  from,
  to,
  count = countFitting(innerWidth),
}) {
  if (info === undefined) return;
  symbol = info;
  chart.setDecimals(shownDecimals(info));
  picker.setCurrent(info.symbol);
  keepPreference('symbol', info.symbol);
  keepPreference('interval', interval);
  for (const button of byId('intervals').children) {
    button.setAttribute('aria-pressed', String(button.textContent === interval));
  }
  panels.reset();
  announce(`${info.symbol}, ${interval}`);
  byId('chart').setAttribute('aria-label', `Chart of ${info.symbol}, ${interval}`);
  void session.open(
    { exchange: info.exchange, symbol: info.symbol, interval },
    { from, to, count },
  );
}

/** @returns {Interval} */
function currentInterval() {
  return session.subject?.interval ?? '1m';
}

function onChange() {
  panels.schedule();
  byId('to-live').hidden = session.isFollowing || chart.slots.length === 0;
  clearTimeout(urlTimer);
  urlTimer = setTimeout(keepUrl, urlAfterMs);
}

function keepUrl() {
  const seen = visibleTimes();
  if (seen === undefined || session.subject === undefined || session.isOpening) return;
  const range = session.isFollowing ? { bars: session.visibleCount } : seen;
  const view = { ...session.subject, ...range, theme: chosenTheme(), zone: currentZone() };
  history.replaceState(null, '', formatChartView(view));
}

/** From the first interval on screen to the end of the last. */
function visibleTimes() {
  const seen = chart.visibleSlots();
  const [first, last] = seen ? [chart.slots[seen.from], chart.slots[seen.to]] : [];
  if (first === undefined || last === undefined) return undefined;
  return { from: first.time, to: last.time + session.width };
}

/** @param {'csv' | 'parquet'} format */
async function exportVisible(format) {
  const [seen, subject] = [visibleTimes(), session.subject];
  if (seen === undefined || subject === undefined) {
    showError(new Error('no bar is on screen: pick a symbol, or scroll to where there are bars'));
    return;
  }
  const [from, to] = [formatInstant(seen.from), formatInstant(seen.to)];
  const limit = Math.ceil((seen.to - seen.from) / session.width);
  const name = `${subject.exchange}-${subject.symbol}-${subject.interval}.${format}`;
  try {
    await save(formatPath('/api/bars', { ...subject, from, to, limit, format, download: 1 }), name);
    announce(`saved ${name}`);
    showError(undefined);
  } catch (thrown) {
    showError(thrown);
  }
}

const toNewest = () => {
  const count = session.visibleCount;
  if (session.bars.isAtEnd) chart.showNewest(count);
  else show({ count: Math.min(count, 2000) });
};

/** @param {string} id @param {(on: boolean) => void} apply */
function openToggle(id, apply) {
  const button = byId(id);
  button.addEventListener('click', () => {
    const on = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(on));
    apply(on);
  });
}

function openControls() {
  for (const name of intervalNames) {
    const key = intervalNames.indexOf(name) + 1;
    const title = `${name} bars (${key})`;
    const onclick = () => show({ interval: name });
    const attributes = { type: 'button', title, 'aria-pressed': 'false', onclick };
    byId('intervals').append(element('button', attributes, name));
  }
  openToggle('quotes', (on) => panels.showQuote(on));
  openToggle('marks', (on) => chart.showMarks(on));
  openToggle('table-button', (on) => panels.showTable(on));
  byId('csv').addEventListener('click', () => void exportVisible('csv'));
  byId('parquet').addEventListener('click', () => void exportVisible('parquet'));
  byId('to-live').addEventListener('click', toNewest);
  addEventListener('lake:theme', () => {
    chart.applyTheme();
    onChange();
  });
  addEventListener('lake:zone', () => {
    chart.applyTheme();
    panels.schedule();
    onChange();
  });
}

/** @type {Record<string, (event: KeyboardEvent) => void>} */
const keys = {
  ArrowLeft: ({ shiftKey }) => chart.scroll(shiftKey ? -0.9 : -0.1),
  ArrowRight: ({ shiftKey }) => chart.scroll(shiftKey ? 0.9 : 0.1),
  '+': () => chart.zoom(0.8),
  '=': () => chart.zoom(0.8),
  '-': () => chart.zoom(1.25),
  ',': () => panels.stepCrosshair(-1),
  '.': () => panels.stepCrosshair(1),
  End: toNewest,
  '/': () => picker.focus(),
  e: () => void exportVisible('csv'),
  b: () => byId('table-button').click(),
};
for (const [i, interval] of intervalNames.entries()) keys[`${i + 1}`] = () => show({ interval });

function showEmptyLake() {
  showError(undefined);
  byId('live').textContent = 'No data yet';
  const health = element('a', { href: '/health.html' }, 'The health page');
  panels.showNotice(
    'The lake has no data yet. Bars appear here by themselves, seconds after the first trade. ',
    health,
    ' says whether the collector is connected.',
  );
}

/** Waits until the lake has a symbol. @returns {Promise<SymbolInfo[]>} */
async function loadSymbols() {
  for (;;) {
    try {
      const { symbols } = await takeJson(symbolsPath);
      if (symbols.length > 0) return symbols;
      showEmptyLake();
    } catch (thrown) {
      panels.showNotice(undefined);
      showError(new RetryError(thrown, symbolsEveryMs));
    }
    await new Promise((resolve) => setTimeout(resolve, symbolsEveryMs));
  }
}

/** @param {readonly SymbolInfo[]} symbols */
function showFirst(symbols) {
  const view = parseChartView(location.search);
  const kept = { symbol: readPreference('symbol'), interval: readPreference('interval') };
  const chosen = chooseSubject(view, kept, symbols);
  if (chosen !== undefined) {
    show({ ...chosen, from: view.from, to: view.to, count: view.bars });
    return;
  }
  byId('live').textContent = 'No symbol';
  panels.showNotice(undefined);
  const asked = [view.exchange, view.symbol].filter(Boolean).join('/');
  const count = `${symbols.length} it has`;
  showError(new Error(`the lake has no symbol ${asked}: pick one of the ${count} (key /)`));
}

async function start() {
  openFrame(keys);
  openControls();
  const symbols = await loadSymbols();
  showError(undefined);
  picker.setSymbols(symbols);
  showFirst(symbols);
  forgetBegun();
}

void start();
