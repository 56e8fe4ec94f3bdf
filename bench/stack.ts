// The memory of the whole stack at 13 symbols and realistic rates: the orchestrator and everything it
// starts, between transforms and during them. The embedded exchange is a process of its own and does
// not count. The first transform finds an hour of raw parts, as with the default interval; the others
// what has come since. Reads /proc, so it runs on Linux alone.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findErrorCode } from '../lake/errors.ts';
import { rawDayDir } from '../lake/layout.ts';
import { readPartRecords } from '../lake/part-manifest.ts';
import { readStatus, webStatusSchema } from '../lake/status.ts';
import { findInstrument } from '../tools/simulator/instrument.ts';
import { symbols } from './feed.ts';
import { writeRawDay } from './raw-day.ts';
import type { Row } from './row.ts';

const seconds = 90;
const sampleEveryMs = 250;
const backlogMinutes = 60;
/** Of the model's activity, which at 1 is that of 13 major symbols. */
const rate = 1;
/** One trade to four quotes. */
const messagesPerTrade = 5;

type Sample = { atMs: number; rssByMode: Map<string, number> };

export async function benchStack(): Promise<Row[]> {
  const root = await mkdtemp(join(tmpdir(), 'bench-stack-'));
  const exchange = startMode('simulate', ['--rate', String(rate)], {});
  try {
    const environment = await planEnvironment(exchange);
    await compile(environment);
    const backlog = writeBacklog(root);
    const lake = startMode('orchestrate', ['--root', root], environment);
    const samples = await sampleFor(lake);
    lake.kill('SIGTERM');
    await once(lake, 'exit');
    return formatRows(samples, backlog, (await countFrames(root)) - backlog);
  } finally {
    exchange.kill('SIGTERM');
    await rm(root, { recursive: true, force: true });
  }
}

/** Runs the stack once: where Node has compiled the program before, each process is 20 MB smaller. */
async function compile(environment: NodeJS.ProcessEnv): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'bench-stack-'));
  const lake = startMode('orchestrate', ['--root', root], environment);
  while ((await readStatus(root, 'web', webStatusSchema)) === undefined) await wait(sampleEveryMs);
  lake.kill('SIGTERM');
  await once(lake, 'exit');
  await rm(root, { recursive: true });
}

/** What runs after a transform or at times, for seconds. */
const otherJobs = ['backfill', 'reconcile'];

/** Starts a mode; what it has to say is part of the benchmark's output. */
export function startMode(
  mode: string,
  args: string[],
  environment: NodeJS.ProcessEnv,
): ChildProcess {
  const program = join(import.meta.dirname, '..', 'main.ts');
  return spawn(process.execPath, [program, '--mode', mode, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

export async function planEnvironment(exchange: ChildProcess): Promise<NodeJS.ProcessEnv> {
  const [chunk] = await once(exchange.stdout!, 'data');
  const [, wsUrl, restUrl] = String(chunk).trim().split(' ');
  return {
    CRYPTO_LAKE_EXCHANGES__BINANCE__SYMBOLS: symbols.join(','),
    CRYPTO_LAKE_EXCHANGES__BINANCE__WS_URL: wsUrl,
    CRYPTO_LAKE_EXCHANGES__BINANCE__REST_URL: restUrl,
    CRYPTO_LAKE_EXCHANGES__BINANCE__ARCHIVE_URL: restUrl,
    CRYPTO_LAKE_COLLECTOR__ROTATE_SECONDS: '15',
    CRYPTO_LAKE_TRANSFORMER__INTERVAL_MINUTES: '0.5',
    CRYPTO_LAKE_WEB__PORT: '0',
    // As the image and `npm start` have it.
    NODE_COMPILE_CACHE: join(import.meta.dirname, '..', '.cache', 'compile'),
  };
}

/** The last hour of every symbol at its own rate; how many messages. */
function writeBacklog(root: string): number {
  const minuteOfDay = Math.floor((Date.now() % 86_400_000) / 60_000);
  const fromMinute = Math.max(0, minuteOfDay - backlogMinutes);
  return symbols.reduce((sum, symbol) => {
    const messagesPerSecond = findInstrument(symbol).tradesPerSecond * messagesPerTrade * rate;
    const hour = { day: today(), fromMinute, minutes: backlogMinutes };
    return sum + writeRawDay({ root, symbol, messagesPerSecond, ...hour }).messages;
  }, 0);
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

async function sampleFor(lake: ChildProcess): Promise<Sample[]> {
  const samples: Sample[] = [];
  const startedMs = performance.now();
  while (performance.now() - startedMs < seconds * 1000) {
    if (lake.exitCode !== null) throw new Error(`run the stack: it ended with ${lake.exitCode}`);
    samples.push({ atMs: performance.now() - startedMs, rssByMode: readTree(lake.pid!) });
    await wait(sampleEveryMs);
  }
  return samples;
}

/** Resident bytes of a process and its children, by mode. */
function readTree(rootPid: number): Map<string, number> {
  const tree = new Map<string, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const status = readProcFile(name, 'status');
    const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
    if (Number(name) !== rootPid && parent !== rootPid) continue;
    const kilobytes = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
    const mode = /--mode\0(\w+)/.exec(readProcFile(name, 'cmdline'))?.[1] ?? 'other';
    tree.set(mode, (tree.get(mode) ?? 0) + kilobytes * 1024);
  }
  return tree;
}

/** Empty where the process has ended meanwhile. */
function readProcFile(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (thrown) {
    if (['ENOENT', 'ESRCH'].includes(findErrorCode(thrown) ?? '')) return '';
    throw thrown;
  }
}

/** Frames in sealed parts. */
async function countFrames(root: string): Promise<number> {
  let frames = 0;
  for (const symbol of symbols) {
    const folder = rawDayDir(root, { exchange: 'binance', symbol }, today());
    for (const { streams } of (await readPartRecords(folder)).values()) {
      for (const count of Object.values(streams)) frames += count;
    }
  }
  return frames;
}

function formatRows(samples: readonly Sample[], backlog: number, recorded: number): Row[] {
  const hasMode = (modes: readonly string[]) => (sample: Sample) =>
    modes.some((mode) => sample.rssByMode.has(mode));
  const during = samples.filter(hasMode(['transform']));
  const idle = samples.filter((sample) => !hasMode(['transform', ...otherJobs])(sample));
  const others = samples.filter((sample) => !during.includes(sample) && !idle.includes(sample));
  const sum = ({ rssByMode }: Sample) => [...rssByMode.values()].reduce((a, b) => a + b, 0);
  const peak = (some: readonly Sample[], measure: (sample: Sample) => number) =>
    Math.max(0, ...some.map(measure)) / 1e6;
  const ofMode = (mode: string) => ({
    name: `peak RSS of ${mode}`,
    value: peak(samples, ({ rssByMode }) => rssByMode.get(mode) ?? 0),
    unit: 'MB',
  });
  return [
    { name: 'recorded by the stack', value: recorded / seconds, unit: 'messages/s' },
    { name: 'messages the first transform found', value: backlog, unit: 'messages' },
    { name: 'transforms ran for', value: during.length / samples.length, unit: 'of the time' },
    ...['orchestrate', 'collect', 'web', 'transform', ...otherJobs].map(ofMode),
    {
      name: 'peak RSS of all between jobs',
      value: peak(idle, sum),
      unit: 'MB',
      bound: { max: 350 },
    },
    {
      name: 'peak RSS of all during another job',
      value: peak(others, sum),
      unit: 'MB',
      bound: { max: 900 },
    },
    {
      name: 'peak RSS of all during a transform',
      value: peak(during, sum),
      unit: 'MB',
      bound: { max: 900 },
    },
  ];
}
