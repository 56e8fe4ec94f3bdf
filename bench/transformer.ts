// How fast raw parts become partitions: beside DuckDB only reading the same fields, beside the same job
// in pandas, and how much one more hour of a day costs. Whole processes, start-up included.

import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rawDayDir } from '../lake/layout.ts';
import { benchDay, writeRawDay } from './raw-day.ts';
import type { Row } from './row.ts';

const run = promisify(execFile);
const rounds = 3;
/** Debian's own, which finds Debian's pandas. */
const python = '/usr/bin/python3';
const symbol = 'BTCUSDT';
/** What BTCUSDT had on 2024-08-08 and 09 (trades and book tickers); 24 h of it are 2.4 GB of raw. */
const messagesPerSecond = 140;
/** pandas does this part of the day; it is linear in what it reads. */
const pandasMinutes = 120;

export async function benchTransformer(): Promise<Row[]> {
  const root = await mkdtemp(join(tmpdir(), 'bench-lake-'));
  try {
    return [...(await benchDayAtOnce(root)), ...(await benchOneMoreHour(root))];
  } finally {
    await rm(root, { recursive: true });
  }
}

async function benchDayAtOnce(root: string): Promise<Row[]> {
  const day = { root, symbol, fromMinute: 0, minutes: 24 * 60, messagesPerSecond };
  const { messages, bytes } = writeRawDay(day);
  // Otherwise the first rounds share the disk with the parts just written.
  spawnSync('sync');
  let transformMs = Number.POSITIVE_INFINITY;
  let extractMs = Number.POSITIVE_INFINITY;
  let verifyMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    extractMs = Math.min(extractMs, await time([program('clients/extract-only.ts'), root]));
    await forget(root);
    transformMs = Math.min(transformMs, await transform(root));
    verifyMs = Math.min(verifyMs, await time([program('../main.ts'), ...verifyArgs(root)]));
  }
  const perSecond = (messages / transformMs) * 1000;
  const size = `${(bytes / 1e9).toFixed(2)} GB, ${(messages / 1e6).toFixed(1)} M messages`;
  return [
    { name: 'DuckDB scans and extracts the same fields', value: extractMs / 1000, unit: 's' },
    { name: `transform of ${size}`, value: transformMs / 1000, unit: 's' },
    { name: 'transform', value: perSecond, unit: 'messages/s', bound: { min: 700_000 } },
    {
      name: 'transform over only scanning and extracting',
      value: transformMs / extractMs,
      unit: 'x',
      bound: { max: 2 },
    },
    {
      name: 'verify over transform',
      value: verifyMs / transformMs,
      unit: 'x',
      bound: { max: 1.3 },
    },
    ...(await benchPandas(root, perSecond)),
  ];
}

async function benchPandas(root: string, lakePerSecond: number): Promise<Row[]> {
  if (spawnSync(python, ['-c', 'import pandas']).status !== 0) {
    const note = "not measured: install Debian's python3-pandas";
    return [
      { name: 'transform over pandas', value: Number.NaN, unit: 'x', bound: { min: 5 }, note },
    ];
  }
  const folder = rawDayDir(root, { exchange: 'binance', symbol }, benchDay);
  const names = (await readdir(folder)).filter((name) => name.startsWith('part_')).sort();
  const paths = names.slice(0, pandasMinutes).map((name) => join(folder, name));
  const perSecond = { idiomatic: 0, 'by-hand': 0 };
  for (const way of ['idiomatic', 'by-hand'] as const) {
    for (let round = 0; round < rounds; round++) {
      const startMs = performance.now();
      await run(python, [program('clients/pandas_bars.py'), way, root, ...paths]);
      const messages = messagesPerSecond * 60 * pandasMinutes;
      const reached = (messages * 1000) / (performance.now() - startMs);
      perSecond[way] = Math.max(perSecond[way], reached);
    }
  }
  return [
    { name: 'pandas (read_json)', value: perSecond.idiomatic, unit: 'messages/s' },
    {
      name: 'transform over pandas',
      value: lakePerSecond / perSecond.idiomatic,
      unit: 'x',
      bound: { min: 5 },
    },
    { name: 'pandas, lines parsed by hand', value: perSecond['by-hand'], unit: 'messages/s' },
    {
      name: 'transform over pandas, lines parsed by hand',
      value: lakePerSecond / perSecond['by-hand'],
      unit: 'x',
    },
  ];
}

/** The day at `root` is transformed; takes its last hour away, and gives it back. */
async function benchOneMoreHour(root: string): Promise<Row[]> {
  const instrument = { exchange: 'binance', symbol };
  let wholeMs = Number.POSITIVE_INFINITY;
  let hourMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    await forget(root);
    await rm(rawDayDir(root, instrument, benchDay), { recursive: true });
    writeRawDay({ root, symbol, fromMinute: 0, minutes: 23 * 60, messagesPerSecond });
    await transform(root);
    writeRawDay({ root, symbol, fromMinute: 23 * 60, minutes: 60, messagesPerSecond });
    hourMs = Math.min(hourMs, await transform(root));
    await forget(root);
    wholeMs = Math.min(wholeMs, await transform(root));
  }
  return [
    { name: 'one more hour of the day', value: hourMs / 1000, unit: 's' },
    { name: 'the whole day', value: wholeMs / 1000, unit: 's' },
    {
      name: 'one more hour over the whole day',
      value: hourMs / wholeMs,
      unit: 'x',
      bound: { max: 1 / 8 },
    },
  ];
}

function transform(root: string): Promise<number> {
  return time([program('../main.ts'), '--mode', 'transform', '--root', root]);
}

function verifyArgs(root: string): string[] {
  return ['--mode', 'verify', '--root', root];
}

/** Removes everything derived. */
async function forget(root: string): Promise<void> {
  for (const name of ['parquet', 'trades', 'state', 'lake.duckdb']) {
    await rm(join(root, name), { recursive: true, force: true });
  }
}

async function time(args: readonly string[]): Promise<number> {
  const startMs = performance.now();
  await run(process.execPath, [...args]);
  return performance.now() - startMs;
}

function program(path: string): string {
  return join(import.meta.dirname, path);
}
