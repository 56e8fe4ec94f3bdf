// What a lake needs, per message: bytes as raw line, packed, and as Parquet, from recordings of real
// symbols where they lie beside the checkout; CPU and memory of the collector and of a transform, as
// processes. `tools/plan/figures.ts` holds what it printed last. Reads /proc, so it runs on Linux alone.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { formatDay } from '../lake/day.ts';
import { findErrorCode } from '../lake/errors.ts';
import { writeRawDay } from './raw-day.ts';
import type { Row } from './row.ts';

const recordings = join(import.meta.dirname, '../../shared/data/binance-spot');
const recorded = ['BTCUSDT', 'ETHUSDT'];
const channels = ['trade', 'bookTicker'];
const collectSeconds = 30;
/** Of /proc/…/stat: a hundredth of a second, on every Linux. */
const ticksPerSecond = 100;
const minuteUs = 60_000_000;

/** Messages per second of a symbol whose last hour of a day is transformed. */
const hourRates = [5, 30];

type Use = { cpuSeconds: number; peakBytes: number };

export async function benchSizing(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const symbol of recorded) rows.push(...(await measureRecording(symbol)));
  for (const perSecond of hourRates) rows.push(...(await measureHour(perSecond)));
  for (const symbols of [13, 100]) rows.push(...(await measureCollector(symbols)));
  return rows;
}

/** A recorded session as parts of a minute each, packed and transformed. */
async function measureRecording(symbol: string): Promise<Row[]> {
  const lines = readRecording(symbol);
  const root = await mkdtemp(join(tmpdir(), 'bench-sizing-'));
  try {
    const parts = [...Map.groupBy(lines, ({ recvUs }) => Math.floor(recvUs / minuteUs)).values()];
    const sum = { raw: 0, gzip: 0, zstd: 0 };
    for (const [index, part] of parts.entries()) {
      const text = Buffer.from(part.map(({ text }) => `${text}\n`).join(''));
      sum.raw += text.length;
      sum.gzip += gzipSync(text).length;
      sum.zstd += zstdCompressSync(text).length;
      const name = `part_${String(index + 1).padStart(4, '0')}.jsonl`;
      const day = formatDay(part[0]!.recvUs);
      const path = join(root, 'raw/binance', symbol, day, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    const transform = await measureToEnd(startMode(['transform', '--root', root], {}));
    const [bars, trades] = [readParquet(root, 'parquet'), readParquet(root, 'trades')];
    const seconds = (lines.at(-1)!.recvUs - lines[0]!.recvUs) / 1e6;
    const count = (channel: string) =>
      lines.filter(({ text }) => text.includes(`@${channel}"`)).length;
    const per = (name: string, value: number, unit: string): Row => ({
      name: `${symbol}: ${name}`,
      value,
      unit,
    });
    return [
      ...channels.map((channel) => per(channel, count(channel) / seconds, 'messages/s')),
      per('raw', sum.raw / lines.length, 'bytes/message'),
      per('gzip', sum.gzip / sum.raw, 'of raw'),
      per('zstd', sum.zstd / sum.raw, 'of raw'),
      per('bars_1s', bars / seconds, 'bytes/second'),
      per('trades', trades / count('trade'), 'bytes/trade'),
      per('transform', (transform.cpuSeconds * 1e6) / lines.length, 'µs CPU/message'),
      per('transform, peak RSS', transform.peakBytes / 1e6, 'MB'),
    ];
  } finally {
    await rm(root, { recursive: true });
  }
}

function readRecording(symbol: string): { recvUs: number; text: string }[] {
  const files = globSync(`spot_${symbol.toLowerCase()}_*.gz`, { cwd: recordings }).sort();
  if (files.length === 0) throw new Error(`read recordings: none of ${symbol} in ${recordings}`);
  return files
    .flatMap((file) =>
      gunzipSync(readFileSync(join(recordings, file)))
        .toString()
        .trim()
        .split('\n'),
    )
    .filter((line) => channels.some((channel) => line.includes(`@${channel}"`)))
    .map((line) => {
      const space = line.indexOf(' ');
      const recvUs = Number(line.slice(0, space - 3));
      return { recvUs, text: `{"recv":${recvUs},"conn":"c1","msg":${line.slice(space + 1)}}` };
    });
}

function readParquet(root: string, folder: string): number {
  const files = globSync(`${folder}/**/*.parquet`, { cwd: root });
  return files.reduce((sum, file) => sum + statSync(join(root, file)).size, 0);
}

/** The last hour of a day, when all of the day is published again: the dearest run there is. */
async function measureHour(messagesPerSecond: number): Promise<Row[]> {
  const root = await mkdtemp(join(tmpdir(), 'bench-sizing-'));
  try {
    const day = { root, symbol: 'BTCUSDT', messagesPerSecond };
    writeRawDay({ ...day, fromMinute: 0, minutes: 23 * 60 });
    await measureToEnd(startMode(['transform', '--root', root], {}));
    const { messages } = writeRawDay({ ...day, fromMinute: 23 * 60, minutes: 60 });
    const { cpuSeconds, peakBytes } = await measureToEnd(
      startMode(['transform', '--root', root], {}),
    );
    const of = (name: string) => `last hour at ${messagesPerSecond} messages/s: ${name}`;
    return [
      { name: of('messages'), value: messages, unit: 'messages' },
      { name: of('transform'), value: cpuSeconds, unit: 's CPU' },
      { name: of('peak RSS'), value: peakBytes / 1e6, unit: 'MB' },
    ];
  } finally {
    await rm(root, { recursive: true });
  }
}

/** The collector at the embedded exchange, which is a process of its own and does not count. */
async function measureCollector(symbols: number): Promise<Row[]> {
  const root = await mkdtemp(join(tmpdir(), 'bench-sizing-'));
  const names = listSymbols(symbols).join(',');
  const environment = { CRYPTO_LAKE_EXCHANGES__BINANCE__SYMBOLS: names };
  const exchange = startMode(['simulate'], environment);
  try {
    const [chunk] = await once(exchange.stdout!, 'data');
    const [, wsUrl, restUrl] = String(chunk).trim().split(' ');
    const collector = startMode(['collect', '--root', root], {
      ...environment,
      CRYPTO_LAKE_EXCHANGES__BINANCE__WS_URL: wsUrl,
      CRYPTO_LAKE_EXCHANGES__BINANCE__REST_URL: restUrl,
    });
    await wait(10_000);
    const before = readUse(collector.pid!);
    await wait(collectSeconds * 1000);
    const after = readUse(collector.pid!);
    collector.kill('SIGTERM');
    await once(collector, 'exit');
    const rate = countLines(root) / (collectSeconds + 10);
    const cpu = (after.cpuSeconds - before.cpuSeconds) / collectSeconds;
    const of = (name: string) => `collector of ${symbols} symbols: ${name}`;
    return [
      { name: of('recorded'), value: rate, unit: 'messages/s' },
      { name: of('CPU'), value: cpu * 100, unit: '% of a core' },
      { name: of('CPU'), value: (cpu * 1e6) / rate, unit: 'µs/message' },
      { name: of('peak RSS'), value: after.peakBytes / 1e6, unit: 'MB' },
    ];
  } finally {
    exchange.kill('SIGTERM');
    await rm(root, { recursive: true });
  }
}

function listSymbols(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `S${index + 10}USDT`);
}

function countLines(root: string): number {
  const parts = globSync('raw/**/part_*.jsonl', { cwd: root });
  return parts.reduce((sum, part) => {
    return sum + readFileSync(join(root, part), 'latin1').split('\n').length - 1;
  }, 0);
}

function startMode(args: string[], environment: NodeJS.ProcessEnv): ChildProcess {
  const program = join(import.meta.dirname, '..', 'main.ts');
  return spawn(process.execPath, [program, '--mode', ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function measureToEnd(child: ChildProcess): Promise<Use> {
  const use: Use = { cpuSeconds: 0, peakBytes: 0 };
  while (child.exitCode === null && child.signalCode === null) {
    const seen = ifRunning(() => readUse(child.pid!));
    use.cpuSeconds = Math.max(use.cpuSeconds, seen?.cpuSeconds ?? 0);
    use.peakBytes = Math.max(use.peakBytes, seen?.peakBytes ?? 0);
    await wait(50);
  }
  return use;
}

/** Undefined where the process has ended meanwhile. */
function ifRunning<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (['ENOENT', 'ESRCH'].includes(findErrorCode(thrown) ?? '')) return undefined;
    throw thrown;
  }
}

function readUse(pid: number): Use {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  return { cpuSeconds, peakBytes: Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024 };
}
