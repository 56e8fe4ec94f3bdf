import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { partitionManifestPath } from '../../lake/layout.ts';
import { formatPartitionManifest, type PartitionManifest } from '../../lake/partition-manifest.ts';
import { findCompletenessProblems, listWatchedDays, measureDay } from './completeness.ts';
import { CompletenessReader } from './completeness-reader.ts';

const instrument = { exchange: 'binance', symbol: 'BTCUSDT' };
const day = '2026-03-03';
const whole: PartitionManifest = {
  schema_version: 1,
  revision: 1,
  rows: 86_400,
  first_second: `${day}T00:00:00Z`,
  last_second: `${day}T23:59:59Z`,
  sha256: '',
  inputs: [],
  seconds_covered: 86_400,
  seconds_missing: [],
  first_trade_id: 1,
  last_trade_id: 1000,
  missing_trade_ids: [],
  duplicates_removed: 0,
  trades_filled: 0,
  lines_quarantined: 0,
  reconcile: null,
  revisions: [],
};
const before = '2026-03-01';

describe('measureDay', () => {
  it.each<[string, Partial<PartitionManifest> | undefined, string, number, number, number]>([
    ['a whole day', {}, before, 100, 0, 0],
    ['a missing hour', { seconds_covered: 82_800 }, before, 95.833, 3600, 0],
    ['one missing second', { seconds_covered: 86_399 }, before, 99.998, 1, 0],
    [
      'missing trades',
      {
        missing_trade_ids: [
          [10, 19],
          [50, 50],
        ],
      },
      before,
      98.9,
      0,
      11,
    ],
    ['trades missing before the first', { missing_trade_ids: [[-999, 0]] }, before, 50, 0, 1000],
    ['no trade at all', { first_trade_id: null, last_trade_id: null }, before, 100, 0, 0],
    ['nothing of the day', undefined, before, 0, 86_400, 0],
    [
      'the first day, from its first trade on',
      { first_second: `${day}T12:00:00Z`, seconds_covered: 43_200 },
      day,
      100,
      0,
      0,
    ],
    [
      'the same on a later day',
      { first_second: `${day}T12:00:00Z`, seconds_covered: 43_200 },
      before,
      50,
      43_200,
      0,
    ],
  ])('counts %s', (_title, more, firstDay, percent, seconds_missing, trades_missing) => {
    const manifest = more === undefined ? undefined : { ...whole, ...more };
    expect(measureDay(instrument, day, manifest, firstDay)).toEqual({
      ...instrument,
      day,
      percent,
      seconds_missing,
      trades_missing,
    });
  });
});

it('looks at the last three days that have settled', () => {
  const nowMs = Date.parse('2026-03-05T01:59:00Z');
  expect(listWatchedDays(nowMs, 7_200_000)).toEqual(['2026-03-01', '2026-03-02', '2026-03-03']);
  expect(listWatchedDays(nowMs + 60_000, 7_200_000).at(-1)).toBe('2026-03-04');
});

it('looks at no day that no transform has seen the end of', () => {
  const nowMs = Date.parse('2026-03-05T09:00:00Z');
  const lastDay = (began: string) => listWatchedDays(nowMs, 7_200_000, Date.parse(began)).at(-1);
  expect(lastDay('2026-03-04T23:59:59Z')).toBe('2026-03-03');
  expect(lastDay('2026-03-05T00:00:00Z')).toBe('2026-03-04');
});

it('says what is missing, since when, and how to fetch it', () => {
  const short = {
    ...whole,
    seconds_covered: 82_800,
    missing_trade_ids: [[1, 5]] as [number, number][],
  };
  const found = [
    measureDay(instrument, day, short, before),
    measureDay(instrument, day, whole, before),
  ];
  expect(findCompletenessProblems(found, 99.9)).toEqual([
    {
      id: `completeness binance/BTCUSDT ${day}`,
      condition: 'completeness',
      subject: `binance/BTCUSDT ${day}`,
      severity: 'degraded',
      what: `binance/BTCUSDT of ${day} is 95.833 % complete: 3600 seconds were not observed, 5 trades are missing (reported for 3 days)`,
      sinceMs: Date.parse('2026-03-04T00:00:00Z'),
      action: expect.stringContaining(`--mode backfill --from ${day} --to ${day}`),
    },
  ]);
});

describe('CompletenessReader', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'lake-complete-'));
  });
  afterEach(() => rm(root, { recursive: true }));
  const write = async (of: string, text: string) => {
    const path = partitionManifestPath(root, 'bars_1s', instrument, of);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  };
  const days = ['2026-03-02', day];

  it('knows what is there, sees what changes, and misses what should be there', async () => {
    const reader = new CompletenessReader(root);
    const look = async () => (await reader.read([instrument], days)).map(({ percent }) => percent);
    expect(await look()).toEqual([]);
    await write(day, formatPartitionManifest(whole));
    expect(await look()).toEqual([100]);
    await write('2026-03-01', formatPartitionManifest(whole));
    expect(await look()).toEqual([0, 100]);
    await write('2026-03-02', formatPartitionManifest({ ...whole, seconds_covered: 43_200 }));
    expect(await look()).toEqual([50, 100]);
  });

  it('stops no heartbeat where something is damaged', async () => {
    const reader = new CompletenessReader(root);
    await write('2026-03-01', formatPartitionManifest(whole));
    await write(day, '{"schema_version":');
    expect(await reader.read([instrument], [day])).toEqual([]);
    await rm(join(root, 'parquet'), { recursive: true });
    await writeFile(join(root, 'parquet'), 'a file in its place');
    expect(await reader.read([instrument], days)).toEqual([]);
  });
});
