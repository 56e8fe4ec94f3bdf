import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { gapStatePath, partitionManifestPath, rawDayDir } from '../lake/layout.ts';
import { silentLog } from '../lake/log.ts';
import { appendPartRecord, type PartRecord } from '../lake/part-manifest.ts';
import { type GapSource, GapState } from './gap-state.ts';
import type { IdRange } from './id-ranges.ts';
import { findLastTrade } from './last-trade.ts';
import { readLeftBehind } from './left-behind.ts';

const instrument = { exchange: 'binance', symbol: 'BTCUSDT' };
const nowUs = Date.parse('2026-11-20T12:00:00Z') * 1000;

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'left-'));
});
afterEach(() => rm(root, { recursive: true }));

async function describePart(
  day: string,
  number: number,
  lastId: number | null,
  frames = 1,
): Promise<void> {
  const part = `part_${String(number).padStart(4, '0')}.jsonl`;
  const streams: Record<string, number> = frames === 0 ? {} : { 'btcusdt@trade': frames };
  const times = { first_recv: 1, last_recv: 2, first_event: 3, last_event: lastId };
  const ids = { first_trade_id: lastId, last_trade_id: lastId };
  const record = { part, bytes: 1, lines: 1, sha256: 'x', streams, ...times, ...ids };
  await appendPartRecord(rawDayDir(root, instrument, day), record satisfies PartRecord);
}

describe('the last trade', () => {
  test('is the highest of the newest day that has any', async () => {
    await describePart('2026-11-18', 1, 900);
    await describePart('2026-11-19', 1, 500);
    await describePart('2026-11-19', 2, 400);
    await describePart('2026-11-20', 1, null);
    expect(await findLastTrade(root, instrument, nowUs, silentLog)).toEqual({
      id: 500,
      timeUs: 500,
    });
  });

  test('is that of the newest trades partition where the parts are gone', async () => {
    await describePart('2026-11-20', 1, null);
    for (const [day, id] of [
      ['2026-11-12', 70],
      ['2026-11-14', 90],
    ] as const) {
      const path = partitionManifestPath(root, 'trades', instrument, day);
      const bare = {
        schema_version: 1,
        revision: 1,
        rows: 1,
        sha256: '',
        inputs: [],
        seconds_covered: 1,
        first_second: `${day}T00:00:00Z`,
        last_second: `${day}T01:00:00Z`,
        seconds_missing: [],
        first_trade_id: 1,
        last_trade_id: id,
        missing_trade_ids: [],
        duplicates_removed: 0,
        trades_filled: 0,
        lines_quarantined: 0,
        reconcile: null,
      };
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, JSON.stringify(bare));
    }
    const timeUs = Date.parse('2026-11-14T01:00:00Z') * 1000;
    expect(await findLastTrade(root, instrument, nowUs, silentLog)).toEqual({ id: 90, timeUs });
  });

  test('is none that a backfill has fetched, however many of its parts come last', async () => {
    await describePart('2026-11-19', 1, 500);
    for (let number = 2; number < 99; number++) await describePart('2026-11-19', number, 7, 0);
    await describePart('2026-11-20', 1, 9, 0);
    expect(await findLastTrade(root, instrument, nowUs, silentLog)).toMatchObject({ id: 500 });
  });

  test('is not known, and said to be so, where the partition’s manifest is damaged', async () => {
    const path = partitionManifestPath(root, 'trades', instrument, '2026-11-14');
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, '{');
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (text: string) => void warnings.push(text) };
    expect(await findLastTrade(root, instrument, nowUs, log)).toBeUndefined();
    expect(warnings).toEqual([
      expect.stringMatching(/^read manifest .*: it is damaged; BTCUSDT starts anew$/),
    ]);
  });

  test('is not known, and said to be so once, where a file lies in place of the partitions', async () => {
    await writeFile(join(root, 'trades'), '');
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (text: string) => void warnings.push(text) };
    expect(await findLastTrade(root, instrument, nowUs, log)).toBeUndefined();
    expect(warnings).toEqual([expect.stringMatching(/^ENOTDIR: .*trades.*; BTCUSDT starts anew$/)]);
  });

  test('of a symbol nothing is known of is none', async () => {
    expect(await findLastTrade(root, instrument, nowUs, silentLog)).toBeUndefined();
  });
});

function makeSource(gaps: IdRange[]): GapSource & { gapChanges: number } {
  return { instrument, gapChanges: 1, listUnsealedGaps: () => gaps };
}

async function readGaps() {
  const left = await readLeftBehind(
    root,
    [instrument],
    new GapState(root, silentLog),
    nowUs,
    silentLog,
  );
  return left.get('binance/BTCUSDT')!.gaps;
}

describe('what is missing', () => {
  test('is found again by the next run, as it was when it last changed', async () => {
    const gaps = [{ from: 3, to: 5 }];
    const source = makeSource(gaps);
    const state = new GapState(root, silentLog);
    state.save([source]);
    gaps.push({ from: 9, to: 9 });
    source.gapChanges++;
    state.save([source]);
    await state.finish([source]);
    expect(await readGaps()).toEqual(gaps);
    gaps.length = 0;
    source.gapChanges++;
    await state.finish([source]);
    expect(await readGaps()).toEqual([]);
  });

  test('is written again after a write that failed, and said once', async () => {
    await writeFile(join(root, 'state'), 'in the way');
    const warnings: string[] = [];
    const warn = (message: string) => void warnings.push(message);
    const state = new GapState(root, { ...silentLog, warn });
    const source = makeSource([{ from: 1, to: 2 }]);
    await state.finish([source]);
    await state.finish([source]);
    expect(warnings.length).toBe(1);
    await rm(join(root, 'state'));
    await state.finish([source]);
    expect(await readGaps()).toEqual([{ from: 1, to: 2 }]);
  });

  test('and cannot be read stops nothing, and says what finds it again', async () => {
    const path = gapStatePath(root);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, '{"binance/BTC');
    const warnings: string[] = [];
    const warn = (message: string, fields?: object) =>
      void warnings.push(`${message} ${JSON.stringify(fields)}`);
    expect(await new GapState(root, { ...silentLog, warn }).read()).toEqual(new Map());
    expect(warnings[0]).toContain('--mode backfill');
  });
});
