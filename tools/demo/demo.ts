// The mode `demo`: the embedded exchange and the whole lake on it, at accelerated intervals, until
// Ctrl-C or for a number of seconds. At the end it proves that every trade the exchange sent is in the
// lake, and fails where one is not.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../lake/clock.ts';
import { formatVariable } from '../../lake/config-environment.ts';
import { defaultSymbols } from '../../lake/config-schema.ts';
import { OperationalError, UsageError } from '../../lake/errors.ts';
import { openLog, type ProcessLog } from '../../lake/log.ts';
import { parseLogLevel } from '../../lake/log-line.ts';
import type { RunMode } from '../../lake/mode.ts';
import { readStatus, webStatusSchema } from '../../lake/status.ts';
import { readHeartbeat } from '../health/health.ts';
import type { Heartbeat } from '../health/heartbeat.ts';
import { runMode, startMode } from '../program/program.ts';
import { compareTrades } from './comparison.ts';
import { openDemoRoot, writeDemoConfig } from './demo-root.ts';
import { type DemoFeed, openDemoFeed } from './feed.ts';
import { type DemoPast, fetchDay, openDemoPast } from './past.ts';
import { queryTable, queryTrades } from './query.ts';
import { openScreen, type Screen } from './screen.ts';
import { formatStatusLine } from './status-line.ts';

const showEveryMs = 500;
/** What was sent last has been written by then. */
const waitForAllSeconds = 20;
const settleMs = 1000;

/** Symbols of which the day before is fetched: each costs some seconds of work. */
const symbolsWithPast = 2;

type Demo = {
  root: string;
  feed: DemoFeed;
  past: DemoPast | undefined;
  symbols: readonly string[];
  /** Of the web server; empty: none. */
  token: string;
  screen: Screen;
  clock: Clock;
  startedMs: number;
};

export const runDemo: RunMode = async (context) => {
  const { config, options, clock } = context;
  const seconds = parseSeconds(options.seconds);
  const hasPast = parseHistory(options.history);
  const given = typeof options.root === 'string' ? options.root : undefined;
  const root = await openDemoRoot(given);
  const screen = openScreen(process.stdout, clock.monotonicMs);
  screen.print(`root: ${root}`);
  if (given === undefined) screen.print('  a temporary folder; it is kept, delete it when done');
  const level = parseLogLevel(process.env.LOG_LEVEL);
  const log = await openLog({ root, service: 'demo', level, target: 'file' });
  const symbols = config.exchanges.binance?.symbols ?? defaultSymbols;
  const past = hasPast ? await openDemoPast(root, clock.nowUs()) : undefined;
  const feed = await openDemoFeed({ symbols, clock, ...past });
  try {
    await writeDemoConfig(root, { ...feed, symbols });
    const startedMs = clock.nowUs() / 1000;
    const { token } = config.web;
    const demo = { root, feed, past, symbols, token, screen, clock, startedMs };
    const limit = seconds === undefined ? [] : [AbortSignal.timeout(seconds * 1000)];
    await runLake(demo, log, AbortSignal.any([context.signal, ...limit]));
    await concludeDemo(demo);
    return 0;
  } finally {
    await feed.close();
    await log.close();
  }
};

function parseSeconds(given: string | boolean | undefined): number | undefined {
  if (given === undefined) return undefined;
  const seconds = Number(given);
  if (seconds > 0 && seconds <= 86_400) return seconds;
  throw new UsageError(`parse --seconds: must be a number from 1 to 86400, got "${given}"`);
}

function parseHistory(given: string | boolean = '1'): boolean {
  if (given === '0' || given === '1') return given === '1';
  throw new UsageError(`parse --history: of a demo it must be 0 or 1 day, got "${given}"`);
}

/** Runs the lake until `signal`, then stops sending before it stops the lake. */
async function runLake(demo: Demo, log: ProcessLog, signal: AbortSignal): Promise<void> {
  const { root, feed, token } = demo;
  const lake = startMode('orchestrate', root, log, { [formatVariable(['web', 'token'])]: token });
  const fallen = new AbortController();
  void lake.ended.then(() => fallen.abort());
  const ended = AbortSignal.any([signal, fallen.signal]);
  let fetching: Promise<void> | undefined;
  try {
    await watch(demo, ended, () => {
      fetching = fetchPast(demo, log, ended);
    });
    await fetching;
    if (fallen.signal.aborted) {
      throw new OperationalError(`run demo in ${root}: the lake has ended by itself`, {
        hint: `see ${root}/logs/qa/crypto-lake.log`,
      });
    }
    feed.pause();
    await sleep(settleMs);
  } finally {
    await lake.stop();
  }
}

/** Fetches the day before this one, so that there is a history to scroll back to. */
async function fetchPast(demo: Demo, log: ProcessLog, signal: AbortSignal): Promise<void> {
  const { root, past, screen } = demo;
  if (past === undefined) return;
  const symbols = demo.symbols.slice(0, symbolsWithPast);
  const fetched = await fetchDay(root, past, symbols, log, signal);
  if (signal.aborted) return;
  screen.print(
    fetched.length === symbols.length
      ? `history: ${past.day} of ${fetched.join(' and ')}, from the archive`
      : `history: could not be fetched, see ${root}/logs/qa/crypto-lake.log`,
  );
}

/** Shows what goes on, and the first bars once every symbol has some, or at last those there are. */
async function watch(
  { root, feed, screen, clock, startedMs }: Demo,
  signal: AbortSignal,
  onFirstBars: () => void,
): Promise<void> {
  let hasShownBars = false;
  let lastRun: string | undefined;
  let page: string | undefined;
  while (!signal.aborted) {
    const heartbeat = await readHeartbeat(root);
    const trades = feed.listSent().reduce((sum, sent) => sum + sent.trades, 0);
    const elapsedSeconds = clock.nowUs() / 1e6 - startedMs / 1000;
    screen.show(
      formatStatusLine({ elapsedSeconds, messages: feed.countFrames(), trades, heartbeat }),
    );
    if (page === undefined) {
      page = await findPage(root, startedMs);
      if (page !== undefined) screen.print(`dashboard: ${page}`);
    }
    const run = findRun(heartbeat, startedMs);
    if (!hasShownBars && run !== lastRun) {
      lastRun = run;
      const bars = await queryTable(root, 'latest-bars');
      const hasAll = feed.listSent().every(({ symbol }) => bars.includes(symbol));
      hasShownBars = hasAll || elapsedSeconds > waitForAllSeconds;
      if (hasShownBars) {
        screen.print(`\nthe first bars, by SQL:\n${bars}`);
        onFirstBars();
      }
    }
    await sleep(showEveryMs, undefined, { signal }).catch(() => {});
  }
}

/** Where this demo's lake can be looked at. A root that was used before knows an older address. */
async function findPage(root: string, startedMs: number): Promise<string | undefined> {
  const status = await readStatus(root, 'web', webStatusSchema);
  if (status === undefined || Date.parse(status.updated_at) < startedMs) return undefined;
  return status.url;
}

/** When the last transform of this demo that made bars began. */
function findRun(heartbeat: Heartbeat | undefined, startedMs: number): string | undefined {
  const run = heartbeat?.transformer.last_run;
  if (run?.ok !== true || run.parts === 0) return undefined;
  return Date.parse(run.started_at) > startedMs ? run.started_at : undefined;
}

/** Transforms what is left, and compares. Throws OperationalError where a trade is missing. */
async function concludeDemo({ root, feed, screen }: Demo): Promise<void> {
  screen.end();
  screen.print('stopped; transforming what is left');
  await runMode('transform', root, []);
  screen.print(`\nthe bars, by SQL:\n${await queryTable(root, 'bars-by-symbol')}`);
  const sent = feed.listSent();
  const comparison = compareTrades(sent, await queryTrades(root, sent));
  screen.print(comparison.text);
  if (!comparison.isEqual) {
    throw new OperationalError(`compare trades of demo in ${root}: the lake differs`, {
      hint: `see the table above, and ${root}/logs/qa/crypto-lake.log`,
    });
  }
  screen.print(formatWhatNext(root));
}

function formatWhatNext(root: string): string {
  return `
Everything is below ${root}:
  raw/        the exchange's frames, byte for byte
  trades/     each trade once, Parquet
  parquet/    1-second bars, Parquet
  health/     heartbeat.json, health.md
  config.yml  the configuration it ran with

Try next:
  npm start -- --mode query --root ${root} "FROM bars_1h WHERE symbol = 'BTCUSDT' ORDER BY window_start"
  npm start -- --mode query --root ${root} "SELECT symbol, day, completeness_percent, trades FROM quality"
  25 more questions are in docs/queries.md
  npm start -- --help`;
}
