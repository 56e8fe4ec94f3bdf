// What the API costs while 13 symbols are collected at realistic rates: how long the requests of a page take, and how
// much more CPU the collector uses while 50 clients follow live bars. The embedded exchange and the clients are in
// processes of their own. Reads /proc, so it runs on Linux alone.

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { addDays } from '../lake/day.ts';
import { intervals } from '../lake/interval.ts';
import { readStatus, webStatusSchema } from '../lake/status.ts';
import { symbols } from './feed.ts';
import { writeMonth } from './month-model.ts';
import type { Row } from './row.ts';
import { planEnvironment, startMode } from './stack.ts';

/** Days of history besides what is being collected. */
const historyDays = 3;
const warmUpMs = 20_000;
const measuredMs = 30_000;
/** Of each kind of request: the 99th of 100 is one of several then. */
const turns = 300;
/** The server takes 20 requests a second of an address. */
const pauseMs = 40;
const clients = 50;
/** The kernel counts CPU in hundredths of a second. */
const msPerTick = 10;

export async function benchWeb(): Promise<Row[]> {
  const root = await mkdtemp(join(tmpdir(), 'bench-web-'));
  const today = new Date().toISOString().slice(0, 10);
  await writeMonth(root, { symbols, days: historyDays, from: addDays(today, -historyDays) });
  const exchange = startMode('simulate', [], {});
  const lake = startMode('orchestrate', ['--root', root], {
    ...(await planEnvironment(exchange)),
    CRYPTO_LAKE_COLLECTOR__ROTATE_SECONDS: '60',
    CRYPTO_LAKE_TRANSFORMER__INTERVAL_MINUTES: '60',
  });
  try {
    const url = await awaitWeb(root);
    await wait(warmUpMs);
    const collector = findMode(lake, 'collect');
    const before = await measureCpu(collector);
    const firstMs = await askFirst(url);
    const latencies = await askFor(url);
    const streams = await Promise.all(Array.from({ length: clients }, (_, i) => follow(url, i)));
    await wait(warmUpMs / 4);
    const during = await measureCpu(collector);
    const heard = streams.map((stream) => stream.close());
    const after = await measureCpu(collector);
    return [
      { name: 'first chart: 500 bars of a minute of a symbol', value: firstMs, unit: 'ms' },
      ...formatLatencies(latencies),
      { name: 'CPU of the collector, nobody looking', value: (before + after) / 2, unit: '%' },
      { name: `CPU of the collector, ${clients} clients looking`, value: during, unit: '%' },
      {
        name: 'the second by the first',
        value: during / ((before + after) / 2),
        unit: '',
        bound: { max: 1.1 },
      },
      {
        name: 'bars the slowest client heard',
        value: Math.min(...heard),
        unit: '',
        bound: { min: 20 },
      },
    ];
  } finally {
    for (const child of [lake, exchange]) await stop(child);
    await rm(root, { recursive: true, force: true });
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

async function awaitWeb(root: string): Promise<string> {
  for (;;) {
    const status = await readStatus(root, 'web', webStatusSchema);
    if (status !== undefined) return status.url;
    await wait(200);
  }
}

/** The process of a mode that `parent` has started. */
function findMode(parent: ChildProcess, mode: string): number {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const command = readFileSync(`/proc/${pid}/cmdline`, { encoding: 'utf8', flag: 'r' });
    if (!command.includes(`--mode\0${mode}\0`)) continue;
    if (readStat(Number(pid))[3] === String(parent.pid)) return Number(pid);
  }
  throw new Error(`find ${mode}: it does not run`);
}

/** Fields as in proc(5), counted from 0; names of processes have no spaces here. */
function readStat(pid: number): string[] {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ');
}

/** Percent of one core. */
async function measureCpu(pid: number): Promise<number> {
  const read = () => (Number(readStat(pid)[13]) + Number(readStat(pid)[14])) * msPerTick;
  const [cpuMs, atMs] = [read(), performance.now()];
  await wait(measuredMs);
  return ((read() - cpuMs) / (performance.now() - atMs)) * 100;
}

/** With the start of the process that reads the lake; then once what the others will ask. */
async function askFirst(url: string): Promise<number> {
  const atMs = performance.now();
  await ask(url, `${formatRequests(0)['/api/bars 1m']}&at_once=1`);
  const firstMs = performance.now() - atMs;
  for (let turn = 0; turn < symbols.length; turn++) {
    for (const request of Object.values(formatRequests(turn))) await ask(url, request);
  }
  return firstMs;
}

/** How long each request took, ms, by what was asked for. */
async function askFor(url: string): Promise<Map<string, number[]>> {
  const found = new Map(Object.keys(formatRequests(0)).map((name) => [name, [] as number[]]));
  for (let turn = 0; turn < turns; turn++) {
    for (const [name, request] of Object.entries(formatRequests(turn))) {
      const atMs = performance.now();
      await ask(url, request);
      found.get(name)!.push(performance.now() - atMs);
      await wait(pauseMs);
    }
  }
  return found;
}

function formatRequests(turn: number) {
  const bars = (interval: string) =>
    `/api/bars?symbol=${symbols[turn % 3]}&interval=${interval}&limit=500`;
  const interval = intervals[turn % intervals.length]!;
  return {
    '/api/latest': `/api/latest?symbol=${symbols[turn % symbols.length]}`,
    '/api/bars 1m': bars('1m'),
    '/api/bars of each interval': bars(interval),
  };
}

async function ask(url: string, request: string): Promise<void> {
  const answer = await fetch(`${url}${request}`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`ask ${request}: ${answer.status} ${text}`);
}

/** A client of a live stream; `close` says how many bars it heard. */
async function follow(url: string, index: number): Promise<{ close(): number }> {
  const request = get(`${url}/api/stream?symbol=${symbols[index % symbols.length]}&interval=1s`);
  const [response] = await once(request, 'response');
  if (response.statusCode !== 200) throw new Error(`follow: ${response.statusCode}`);
  let bars = 0;
  response.setEncoding('utf8').on('data', (text: string) => {
    bars += text.split('event: bar').length - 1;
  });
  return {
    close() {
      request.destroy();
      return bars;
    },
  };
}

function formatLatencies(latencies: ReadonlyMap<string, number[]>): Row[] {
  return [...latencies].flatMap(([path, all]) => {
    const sorted = all.toSorted((a, b) => a - b);
    const at = (share: number) =>
      sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
    return [
      { name: `${path}, median`, value: at(0.5), unit: 'ms', note: `of ${sorted.length}` },
      { name: `${path}, 99 of 100`, value: at(0.99), unit: 'ms', bound: { max: 100 } },
      { name: `${path}, slowest`, value: sorted.at(-1)!, unit: 'ms' },
    ];
  });
}
