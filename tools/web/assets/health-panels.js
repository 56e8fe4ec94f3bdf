// The panels of the health page, each from a part of the answer of `/api/health` or of the list of gaps. A time
// is shown as its age, with the exact time beside it or in its title.

import { element, fill, makeTable } from './element.js';
import {
  formatAge,
  formatAmount,
  formatBytes,
  formatDuration,
  formatNumber,
  formatTime,
} from './format.js';
import { currentZone } from './preferences.js';
import { serverNowMs } from './request.js';

/** @typedef {import('../../health/heartbeat.ts').Heartbeat} Heartbeat */
/** @typedef {{ status: string, verdict: string, heartbeat: Heartbeat | null, version?: string, host?: string, root?: string }} Health */
/** @typedef {{ exchange: string, symbol: string, day: string, kind: string, from_time: string | null, to_time: string | null, first_trade_id: number | null, last_trade_id: number | null }} Gap */

const maxGaps = 200;

/** @param {string} status */
export function toState(status) {
  if (['healthy', 'running', 'open', 'ok', 'listening', 'delivering', 'live'].includes(status))
    return 'good';
  return ['unhealthy', 'failed', 'closed', 'stopped', 'down'].includes(status) ? 'bad' : 'warn';
}

/** @param {string | null | undefined} time ISO 8601 */
function ago(time) {
  if (time === null || time === undefined) return '–';
  const ms = Date.parse(time);
  const exact = formatTime(ms, currentZone());
  return element('time', { datetime: time, title: exact }, formatAge(ms, serverNowMs()));
}

/** @param {string} word @param {string} [state] */
function badge(word, state = toState(word)) {
  return element('span', { class: 'state', 'data-state': state }, word);
}

/** @param {HTMLElement} panel @param {Health} health */
export function showVerdict(panel, { status, verdict, heartbeat }) {
  panel.dataset.state = status === 'healthy' ? 'good' : status === 'degraded' ? 'warn' : 'bad';
  const at = heartbeat === null ? Number.NaN : Date.parse(heartbeat.timestamp);
  fill(
    panel,
    element('strong', { class: 'state', 'data-state': panel.dataset.state }, status),
    element('p', {}, verdict),
    element(
      'span',
      { class: 'dim' },
      Number.isFinite(at)
        ? `as of ${formatAge(at, serverNowMs())}, ${formatTime(at, currentZone())}`
        : 'no heartbeat',
    ),
  );
}

/** @param {HTMLElement} panel @param {Heartbeat['problems']} problems */
export function showProblems(panel, problems) {
  const none = element('p', { class: 'none' }, 'None.');
  const items = problems.map(({ severity, what, since, action }) =>
    element(
      'div',
      { class: 'problem' },
      badge(severity, severity === 'unhealthy' ? 'bad' : 'warn'),
      element('p', {}, what),
      element(
        'span',
        { class: 'dim' },
        'since ',
        ago(since),
        `, ${formatTime(Date.parse(since), currentZone())}`,
      ),
      element('p', { class: 'action' }, `What to do: ${action}`),
    ),
  );
  fill(panel, ...(items.length === 0 ? [none] : items));
}

/** @param {HTMLElement} panel @param {Heartbeat} heartbeat */
export function showFigures(panel, heartbeat) {
  const { transformer, collector } = heartbeat;
  const full = heartbeat.disk_full_in_days;
  const offset = collector?.clock_offset_ms;
  const figures = [
    ['Raw parts', formatNumber(heartbeat.raw_files, 0), 'sealed'],
    [
      'Bars of 1 s',
      formatAmount(heartbeat.parquet_rows),
      `${formatNumber(heartbeat.parquet_rows, 0)} rows`,
    ],
    ['Size of the lake', formatBytes(heartbeat.disk_usage_gb * 1e9), 'all files'],
    [
      'Disk free',
      `${formatNumber(heartbeat.disk_free_percent, 1)}%`,
      full === null ? 'not filling up' : `full in ${formatNumber(full, 0)} days`,
    ],
    [
      'Memory',
      heartbeat.memory_mb === null ? '–' : `${formatNumber(heartbeat.memory_mb, 0)} MB`,
      'all processes',
    ],
    [
      'Last transform',
      formatDuration(transformer.lag_seconds),
      transformer.last_run?.ok === false
        ? `failed: ${transformer.last_run.error}`
        : 'ago, succeeded',
    ],
    [
      'Clock',
      offset === null || offset === undefined ? '–' : `${formatNumber(Math.abs(offset), 0)} ms`,
      (offset ?? 0) < 0 ? 'ahead of the exchange' : 'behind the exchange',
    ],
  ];
  fill(
    panel,
    ...figures.map(([name = '', value, note]) =>
      element(
        'div',
        {},
        element('span', {}, name),
        element('b', {}, value),
        element('span', {}, note),
      ),
    ),
  );
}

/** @param {HTMLElement} panel @param {Heartbeat['services']} services */
export function showServices(panel, services) {
  const rows = services.map(({ name, state, restarts, last_progress, memory_mb }) => [
    name,
    badge(state, state === 'running' ? 'good' : toState(state) === 'bad' ? 'bad' : ''),
    formatNumber(restarts, 0),
    memory_mb === null ? '–' : `${formatNumber(memory_mb, 0)} MB`,
    ago(last_progress),
  ]);
  fill(
    panel,
    makeTable('Services', ['Service', 'State', 'Restarts', 'Memory', 'Last progress'], rows, {
      figures: [2, 3],
    }),
  );
}

/** @param {HTMLElement} panel @param {Heartbeat['collector']} collector */
export function showSymbols(panel, collector) {
  const heads = ['Symbol', 'Last trade', 'Messages/s', 'p50', 'p95', 'max', 'Open gaps', 'Filled'];
  const ms = (/** @type {number | null} */ value) =>
    value === null ? '–' : `${formatNumber(value, 0)} ms`;
  const rows = (collector?.symbols ?? []).map((one) => [
    element(
      'a',
      { href: `/?${new URLSearchParams({ symbol: one.symbol, exchange: one.exchange })}` },
      `${one.exchange}/${one.symbol}`,
    ),
    formatDuration(one.last_trade_age),
    formatNumber(one.messages_per_second, 1),
    ms(one.latency_p50_ms),
    ms(one.latency_p95_ms),
    ms(one.latency_max_ms),
    formatNumber(one.gaps_open ?? 0, 0),
    formatNumber(one.trades_filled ?? 0, 0),
  ]);
  fill(panel, makeTable('Symbols', heads, rows, { figures: [1, 2, 3, 4, 5, 6, 7] }));
}

/** @param {HTMLElement} panel @param {Heartbeat['collector']} collector */
export function showConnections(panel, collector) {
  const heads = ['Connection', 'State', 'Streams', 'Reconnects', 'Handovers'];
  const rows = (collector?.connections ?? []).map((one) => [
    `${one.exchange} ${one.conn}`,
    badge(one.state),
    formatNumber(one.streams, 0),
    formatNumber(one.reconnects, 0),
    formatNumber(one.handovers ?? 0, 0),
  ]);
  const none = element('p', { class: 'none' }, 'The collector does not run.');
  fill(
    panel,
    rows.length === 0 ? none : makeTable('Connections', heads, rows, { figures: [2, 3, 4] }),
  );
}

/** @param {HTMLElement} panel @param {Heartbeat['upload']} upload */
export function showUploads(panel, upload) {
  if (upload === null) {
    fill(panel, element('p', { class: 'none' }, 'Nothing is uploaded: no store is configured.'));
    return;
  }
  const stores = [...upload.stores, ...(upload.raw?.stores ?? [])];
  const heads = ['Store', 'State', 'Waiting', 'Since', 'Failed of 24 h'];
  const rows = stores.map((one) => [
    one.url,
    one.error === null
      ? badge('ok')
      : element('span', { class: 'state', 'data-state': 'bad', title: one.error }, one.error),
    `${formatNumber(one.objects_queued, 0)} · ${formatBytes(one.bytes_queued)}`,
    ago(one.queued_since),
    `${one.attempts_failed} of ${one.attempts}`,
  ]);
  const last = element('p', { class: 'none' }, 'Last complete run: ', ago(upload.last_success_at));
  fill(panel, makeTable('Uploads', heads, rows, { figures: [2, 4] }), last);
}

/** @param {HTMLElement} panel @param {readonly Gap[]} gaps newest first */
export function showGaps(panel, gaps) {
  const shown = gaps.slice(0, maxGaps);
  const rows = shown.map((gap) => [
    describeMissing(gap),
    element('a', { href: linkToChart(gap) }, `${gap.exchange}/${gap.symbol}`),
    describeTimes(gap),
  ]);
  const none = element('p', { class: 'none' }, 'None.');
  fill(panel, rows.length === 0 ? none : makeTable('Gaps', ['Missing', 'Symbol', 'When'], rows));
}

/** @param {Gap} gap */
function describeMissing({ kind, from_time, to_time, first_trade_id, last_trade_id }) {
  if (kind === 'trades') {
    const count =
      first_trade_id === null || last_trade_id === null ? null : last_trade_id - first_trade_id + 1;
    return `${formatNumber(count, 0)} trades from ${first_trade_id}`;
  }
  if (from_time === null || to_time === null) return 'seconds';
  return formatDuration((Date.parse(to_time) - Date.parse(from_time)) / 1000);
}

/** @param {Gap} gap */
function describeTimes({ day, from_time, to_time }) {
  if (from_time === null) return day;
  const zone = currentZone();
  const from = formatTime(Date.parse(from_time), zone);
  return to_time === null ? from : `${from} to ${formatTime(Date.parse(to_time), zone).slice(11)}`;
}

/** The chart around the gap. @param {Gap} gap */
function linkToChart({ exchange, symbol, day, from_time, to_time }) {
  const fromMs = Date.parse(from_time ?? `${day}T00:00:00Z`);
  const toMs = Date.parse(to_time ?? from_time ?? `${day}T00:01:00Z`);
  const interval = toMs - fromMs > 1_800_000 ? '1m' : '1s';
  const around = (interval === '1s' ? 60 : 3600) * 1000;
  const range = {
    from: new Date(fromMs - around).toISOString(),
    to: new Date(toMs + around).toISOString(),
  };
  return `/?${new URLSearchParams({ symbol, exchange, interval, ...range })}`;
}
