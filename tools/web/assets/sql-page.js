// The SQL page: editor, what can be asked, and the answer as table and chart. The question stands in the URL's
// fragment, which is never sent; leaving or cancelling a question that runs stops it in the lake.

import { Completion } from './completion.js';
import { byId, element, fill } from './element.js';
import { formatNumber } from './format.js';
import { announce, openFrame, showError } from './frame.js';
import { readPreference } from './preferences.js';
import { requestJson, save } from './request.js';
import { showChart } from './result-chart.js';
import { showTable } from './result-table.js';
import { examples } from './sql-examples.js';
import { keepInHistory, readHistory } from './sql-history.js';

/** @typedef {import('./result-table.js').Result} Result */

const maxRows = 10_000;
const tickEveryMs = 100;

const editor = /** @type {HTMLTextAreaElement} */ (byId('sql'));
const completion = new Completion(editor, byId('completions'));
/** @type {AbortController | undefined} */
let running;
/** @type {Result | undefined} */
let result;
/** What `result` answers. */
let answered = '';
let removeChart = () => {};

/** @param {string} sql */
function setSql(sql) {
  editor.value = sql;
  keepUrl();
}

function keepUrl() {
  const fragment = editor.value === '' ? '' : `#sql=${encodeURIComponent(editor.value)}`;
  history.replaceState(null, '', `${location.pathname}${location.search}${fragment}`);
}

function readUrl() {
  try {
    return decodeURIComponent(/^#sql=(.*)$/s.exec(location.hash)?.[1] ?? '');
  } catch {
    return ''; // A fragment that was cut somewhere.
  }
}

/** @param {string} [query] @param {string} [sql] */
function question(query = '', sql = editor.value) {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(query === '' ? { sql, limit: maxRows } : { sql });
  return /** @type {const} */ ([`/api/sql${query}`, { method: 'POST', headers, body }]);
}

async function run() {
  const sql = editor.value.trim();
  if (sql === '') return;
  completion.close();
  running?.abort();
  const own = new AbortController();
  running = own;
  const begunMs = performance.now();
  const seconds = () => ((performance.now() - begunMs) / 1000).toFixed(1);
  forgetResult('Running.');
  const tick = setInterval(() => fill(byId('outcome'), `runs for ${seconds()} s`), tickEveryMs);
  setRunning(true);
  showError(undefined);
  keepInHistory(sql);
  showHistory();
  try {
    const [path, init] = question('', sql);
    const answer = await requestJson(path, { ...init, signal: own.signal });
    if (running !== own) return;
    result = /** @type {Result} */ (answer);
    answered = sql;
    showResult(result);
  } catch (thrown) {
    if (running !== own) return;
    const isCancelled = own.signal.aborted;
    forgetResult(isCancelled ? 'Cancelled.' : 'The question failed.');
    fill(byId('outcome'), isCancelled ? `cancelled after ${seconds()} s` : 'failed');
    if (!isCancelled) showError(thrown);
  } finally {
    clearInterval(tick);
    if (running === own) {
      running = undefined;
      setRunning(false);
    }
  }
}

/** An answer to another question must not look like one to this. @param {string} text in its place */
function forgetResult(text) {
  result = undefined;
  answered = '';
  byId('result-table').onscroll = null;
  fill(byId('result-table'), element('p', { class: 'empty' }, text));
  drawChart();
}

/** @param {boolean} isRunning */
function setRunning(isRunning) {
  setDisabled('cancel', !isRunning);
  for (const id of ['csv', 'parquet']) setDisabled(id, isRunning || result === undefined);
}

/** @param {string} id @param {boolean} isDisabled */
function setDisabled(id, isDisabled) {
  /** @type {HTMLButtonElement} */ (byId(id)).disabled = isDisabled;
}

/** @param {Result} shown */
function showResult(shown) {
  const count = `${formatNumber(shown.rows.length, 0)} ${shown.rows.length === 1 ? 'row' : 'rows'}`;
  const text = `${count}${shown.truncated ? ', cut off there' : ''}, ${formatNumber(shown.elapsed_ms, 0)} ms`;
  fill(byId('outcome'), text);
  announce(text);
  showTable(byId('result-table'), shown);
  drawChart();
}

function drawChart() {
  removeChart();
  removeChart = () => {};
  if (result !== undefined && !byId('result-chart').hidden)
    removeChart = showChart(byId('result-chart'), result);
}

/** @param {'table' | 'chart'} name */
function showTab(name) {
  for (const one of /** @type {const} */ (['table', 'chart'])) {
    const tab = byId(`as-${one}`);
    tab.setAttribute('aria-selected', String(one === name));
    tab.tabIndex = one === name ? 0 : -1;
    byId(`result-${one}`).hidden = one !== name;
  }
  drawChart();
}

/** @param {'csv' | 'parquet'} format */
async function exportResult(format) {
  try {
    const [path, init] = question(`?format=${format}`, answered);
    await save(path, `result.${format}`, init);
    announce(`saved result.${format}`);
    showError(undefined);
  } catch (thrown) {
    showError(thrown);
  }
}

/** @param {string} text @param {string} sql @param {string} [title] */
function makeChoice(text, sql, title = sql) {
  const onclick = () => {
    setSql(sql);
    void run();
  };
  return element('li', {}, element('button', { type: 'button', title, onclick }, text));
}

function showHistory() {
  const kept = readHistory().map((sql) => makeChoice(sql.replace(/\s+/g, ' ').slice(0, 80), sql));
  fill(
    byId('history'),
    ...(kept.length === 0 ? [element('li', { class: 'empty' }, 'Nothing yet.')] : kept),
  );
}

async function showSchema() {
  const { views, macros } = await requestJson('/api/schema');
  /** @type {import('./completion.js').Name[]} */
  const names = [];
  const parts = views.map((/** @type {any} */ view) => {
    names.push({ name: view.name, kind: 'view' });
    const columns = view.columns.map((/** @type {any} */ column) => {
      names.push({ name: column.name, kind: 'column' });
      return element(
        'li',
        { title: column.comment ?? undefined },
        makeName(column.name),
        element('small', {}, column.type.toLowerCase()),
      );
    });
    return makeDetails(view.name, view.comment, element('ul', {}, ...columns), makeName(view.name));
  });
  const ofMacros = macros.map((/** @type {any} */ macro) => {
    names.push({ name: macro.name, kind: 'macro' });
    const call = `${macro.name}(${(macro.parameters ?? []).join(', ')})`;
    return makeDetails(call, macro.comment, makeName(call));
  });
  fill(byId('schema'), ...parts, ...ofMacros);
  completion.addNames(names);
}

/** @param {string} title @param {string | null} comment @param {...Node} children */
function makeDetails(title, comment, ...children) {
  const said = comment === null ? null : element('p', {}, comment);
  return element('details', {}, element('summary', {}, title), said, ...children);
}

/** Puts the name where the cursor is. @param {string} name */
function makeName(name) {
  const onclick = () => {
    editor.setRangeText(name, editor.selectionStart, editor.selectionEnd, 'end');
    editor.focus();
    keepUrl();
  };
  return element(
    'button',
    { type: 'button', title: `Put ${name} into the question`, onclick },
    name,
  );
}

async function showExamples() {
  const kept = readPreference('symbol');
  const { symbols } = await requestJson('/api/symbols');
  const symbol =
    symbols.find((/** @type {any} */ one) => one.symbol === kept)?.symbol ??
    symbols[0]?.symbol ??
    'BTCUSDT';
  const filled = examples.map(({ name, sql }) =>
    makeChoice(name, sql.replaceAll('SYMBOL', symbol.replaceAll("'", "''"))),
  );
  fill(byId('examples'), ...filled);
}

function openControls() {
  byId('run').addEventListener('click', () => void run());
  byId('cancel').addEventListener('click', () => running?.abort());
  byId('csv').addEventListener('click', () => void exportResult('csv'));
  byId('parquet').addEventListener('click', () => void exportResult('parquet'));
  for (const name of /** @type {const} */ (['table', 'chart'])) {
    byId(`as-${name}`).addEventListener('click', () => showTab(name));
    byId(`as-${name}`).addEventListener('keydown', ({ key }) => {
      if (key !== 'ArrowLeft' && key !== 'ArrowRight') return;
      const other = name === 'table' ? 'chart' : 'table';
      showTab(other);
      byId(`as-${other}`).focus();
    });
  }
  editor.addEventListener('input', keepUrl);
  editor.addEventListener('change', keepUrl);
  editor.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void run();
    } else if (event.key === 'Escape') editor.blur();
  });
  addEventListener('lake:theme', drawChart);
  addEventListener('lake:zone', drawChart);
  addEventListener('hashchange', () => setSql(readUrl()));
}

openFrame({ '/': () => editor.focus() });
openControls();
showHistory();
setSql(readUrl());
byId('live').hidden = true;
for (const load of [showSchema, showExamples]) void load().catch(showError);
