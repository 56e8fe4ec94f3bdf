// The main job on real input: a recorded Binance session served over a real WebSocket, collected,
// transformed, and compared frame by frame and bar by bar. Speeds come from LAKE_TEST_SPEEDS
// (`1,10,max`; by default only `max`). Without the recordings it says so and checks that it may.

import { glob, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it, vi } from 'vitest';
import { openCollector } from '../collector/collector.ts';
import { openSystemClock } from '../lake/clock.ts';
import { parseConfig } from '../lake/config.ts';
import { openDuckdb } from '../lake/duckdb.ts';
import { silentLog } from '../lake/log.ts';
import { openSimulator } from '../tools/simulator/server.ts';
import { renewCatalog } from '../transformer/renew-catalog.ts';
import { computeBars, type PlainBar } from './plain-bars.ts';
import { type RawPart, readClockOffsets, readCoverage } from './plain-coverage.ts';
import {
  hasRecordings,
  recordedSymbols,
  recordingFiles,
  recordingFolder,
  recordingStartUs,
  reportAbsence,
} from './recordings.ts';
import { makeScratchLake, type ScratchLake } from './scratch-lake.ts';

const speeds = (process.env.LAKE_TEST_SPEEDS ?? 'max').split(',');

reportAbsence();

for (const speed of hasRecordings ? speeds : []) {
  it(`collects, transforms and rolls up a recording played at ${speed}`, async () => {
    const lake = await makeScratchLake('', renewCatalog);
    await collectRecording(lake, speed === 'max' ? 'max' : Number(speed));
    expect(await lake.transform()).toBe(0);
    for (const symbol of recordedSymbols) {
      const parts = await readParts(lake, symbol);
      expect(readFrames(parts, symbol)).toEqual(await readRecordedFrames(symbol));
      const bars = await lake.readBars(symbol);
      const lines = parts.flatMap((part) => part.lines);
      const expected = computeBars(lines, readCoverage(parts), readClockOffsets(parts));
      expect(bars.length).toBeGreaterThan(640);
      expect(differences(bars, expected)).toEqual([]);
    }
    expect(await readRollup(lake)).toEqual(await readKlines());
    await expectReadableByParquetjs(lake);
  }, 900_000);
}

/** Replays into a collector whose wall clock is the recorder's, so that receipt is as recorded. */
async function collectRecording(lake: ScratchLake, speed: number | 'max'): Promise<void> {
  const system = openSystemClock();
  let recordedUs = recordingStartUs;
  const simulator = await openSimulator({
    replay: {
      files: recordingFiles,
      speed,
      awaitChannels: ['trade', 'bookTicker'],
      onSend: (atUs) => {
        recordedUs = atUs;
      },
    },
  });
  const config = parseConfig(
    `root: ${lake.root}
exchanges: { binance: { symbols: [${recordedSymbols}], ws_url: "${simulator.wsUrl}" } }
collector: { rotate_seconds: 5, rotate_max_messages: 20000 }`,
    {},
  );
  const clock = { nowUs: () => recordedUs, monotonicMs: () => system.monotonicMs() };
  const collector = await openCollector({ config, log: silentLog, clock, random: Math.random });
  await collector.ready;
  await simulator.replay!.finished;
  await waitForFrames(lake);
  await collector.stop();
  await simulator.close();
}

/** Everything published has been flushed when as many frames are on disk as were published. */
async function waitForFrames(lake: ScratchLake): Promise<void> {
  const counts = await Promise.all(recordedSymbols.map((symbol) => readRecordedFrames(symbol)));
  const expected = counts.flatMap((streams) => Object.values(streams)).flat().length;
  await vi.waitFor(
    async () => {
      let frames = 0;
      for await (const path of glob(join(lake.root, 'raw/**/part_*'))) {
        frames += (await readFile(path, 'latin1')).split('"msg":').length - 1;
      }
      expect(frames).toBe(expected);
    },
    { timeout: 30_000, interval: 250 },
  );
}

/** Lines of each sealed part, in the order of writing. */
async function readParts(lake: ScratchLake, symbol: string): Promise<RawPart[]> {
  const paths: string[] = [];
  for await (const path of glob(join(lake.root, 'raw/binance', symbol, '*/part_*')))
    paths.push(path);
  expect(paths.filter((path) => path.endsWith('.open'))).toEqual([]);
  const read = async (path: string): Promise<RawPart> => {
    const text = await readFile(path, 'utf8');
    return { day: basename(dirname(path)), lines: text.split('\n').slice(0, -1) };
  };
  return Promise.all(paths.sort().map(read));
}

type FramesByStream = Record<string, string[]>;

/** The frames in the parts, byte for byte, by stream, in the order of the lines. */
function readFrames(parts: readonly RawPart[], symbol: string): FramesByStream {
  const frames: FramesByStream = {};
  for (const line of parts.flatMap((part) => part.lines)) {
    const match = /^\{"recv":\d{16},"conn":"c\d+","msg":(\{"stream":"([^"]+)".*)\}$/.exec(line);
    if (match === null) {
      expect(JSON.parse(line).event, line).toBeTypeOf('string');
      continue;
    }
    expect(match[2]).toContain(symbol.toLowerCase());
    addFrame(frames, match[2]!, match[1]!);
  }
  return frames;
}

function addFrame(frames: FramesByStream, stream: string, frame: string): void {
  frames[stream] ??= [];
  frames[stream].push(frame);
}

const recordedFrames = new Map<string, FramesByStream>();

async function readRecordedFrames(symbol: string): Promise<FramesByStream> {
  const known = recordedFrames.get(symbol);
  if (known !== undefined) return known;
  const frames: FramesByStream = {};
  recordedFrames.set(symbol, frames);
  for (const file of recordingFiles.filter((path) => path.includes(symbol.toLowerCase()))) {
    for (const line of gunzipSync(await readFile(file))
      .toString('utf8')
      .split('\n')) {
      const stream = /^\d+ \{"stream":"([^"]+@(?:trade|bookTicker))"/.exec(line)?.[1];
      if (stream !== undefined) addFrame(frames, stream, line.slice(line.indexOf(' ') + 1));
    }
  }
  return frames;
}

/** Where two lists of bars differ, at most ten places. */
function differences(bars: readonly PlainBar[], expected: readonly PlainBar[]): unknown[] {
  const found: unknown[] = [];
  for (let row = 0; row < Math.max(bars.length, expected.length); row++) {
    const [bar, other] = [bars[row], expected[row]];
    const columns = Object.keys({ ...bar, ...other });
    for (const column of columns) {
      if (bar?.[column] === other?.[column]) continue;
      found.push({
        row,
        second: bar?.window_start,
        column,
        is: bar?.[column],
        not: other?.[column],
      });
    }
  }
  return found.slice(0, 10);
}

const klineColumns = [
  'open',
  'high',
  'low',
  'close',
  'volume_base',
  'volume_quote',
  'trade_count',
  'taker_buy_base',
  'taker_buy_quote',
];

/** The 5m rollup of the two intervals that are whole in the recording. */
async function readRollup(lake: ScratchLake): Promise<unknown[]> {
  const session = await openDuckdb({
    path: join(lake.root, 'lake.duckdb'),
    memoryLimit: '500MB',
    threads: 2,
    spillDir: join(lake.root, 'state/spill'),
    readOnly: true,
  });
  const rows = await session.all(
    `SELECT epoch_ms(window_start) AS open_time, ${klineColumns} FROM bars_5m
     WHERE symbol = 'BTCUSDT' AND seconds = 300 ORDER BY window_start`,
  );
  session.close();
  return rows.map((row) =>
    [row.open_time, ...klineColumns.map((column) => row[column])].map(Number),
  );
}

/** The exchange's own klines of the same intervals. */
async function readKlines(): Promise<unknown[]> {
  const path = join(recordingFolder, 'klines_btcusdt_5m_20240808T2350_20240809T0010.csv');
  const rows = (await readFile(path, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number));
  const whole = ['2024-08-08T23:55:00Z', '2024-08-09T00:00:00Z'].map((text) => Date.parse(text));
  return rows
    .filter(([openTime]) => whole.includes(openTime!))
    .map(([openTime, open, high, low, close, volume, , quote, count, takerBase, takerQuote]) => [
      openTime,
      open,
      high,
      low,
      close,
      volume,
      quote,
      count,
      takerBase,
      takerQuote,
    ]);
}

/** Reads every Parquet file with a reader that shares nothing with DuckDB, and compares the rows. */
async function expectReadableByParquetjs(lake: ScratchLake): Promise<void> {
  const { ParquetReader } = createRequire(import.meta.url)('parquetjs-lite');
  let fileCount = 0;
  for await (const path of glob(join(lake.root, '{parquet,trades}/**/*.parquet'))) {
    const order = path.endsWith('trades.parquet') ? 'trade_id' : 'window_start';
    const rows = await lake.query(
      `SELECT * FROM read_parquet('${path}', hive_partitioning = false) ORDER BY ${order}`,
    );
    const reader = await ParquetReader.openFile(path);
    const cursor = reader.getCursor();
    for (const row of rows) expectSame(plainRow(await cursor.next()), plainRow(row));
    expect(await cursor.next()).toBeNull();
    await reader.close();
    fileCount++;
  }
  expect(fileCount).toBe(recordedSymbols.length * 2 * 2);
}

/** What vitest finds slowly, it is asked for only where there is something to find. */
function expectSame(found: Record<string, string>, wanted: Record<string, string>): void {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) expect(found).toEqual(wanted);
}

/** A row as text: times to the millisecond (all a JavaScript Date holds), NULL left out. */
function plainRow(row: Record<string, unknown>): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [column, value] of Object.entries(row)) {
    if (value === null || value === undefined) continue;
    const isTime = value instanceof Date || /^\d{4}-\d\d-\d\d /.test(String(value));
    plain[column] = isTime
      ? new Date(value instanceof Date ? value : Date.parse(String(value))).toISOString()
      : String(value);
  }
  return plain;
}
