// Days that are away: what comes in for them waits, whole, and once they are back the lake is the one it would
// be had nothing been sent away.

import { cp, readdir, rm, symlink } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findAway } from '../lake/away.ts';
import { rawDayDir } from '../lake/layout.ts';
import { appendPartRecord, readPartRecords } from '../lake/part-manifest.ts';
import { findHoles } from '../tools/backfill/fill-holes.ts';
import { openLedger } from '../transformer/ledger.ts';
import { readWaitingParts } from '../transformer/waiting.ts';
import {
  at,
  describeParts,
  firstDay,
  instrument,
  lastDay,
  makeDescribedLake,
  middleDay,
  missingIds,
  ticks,
} from './described-lake.ts';
import { quoteLine, restLine } from './raw-lines.ts';
import { makeScratchLake, type ScratchLake } from './scratch-lake.ts';
import { addStore, readDay, type StoredLake, today } from './stored-lake.ts';
import { summarizeReports, verifyRoot } from './verified-lake.ts';

let lake: ScratchLake;
/** The same lake, from which nothing is sent away. */
let whole: ScratchLake;
let stored: StoredLake;

let template: ScratchLake;
beforeAll(async () => {
  template = await makeDescribedLake();
});
afterAll(() => rm(template.root, { recursive: true }));

beforeEach(async () => {
  [lake, whole] = [await makeScratchLake(), await makeScratchLake()];
  for (const { root } of [lake, whole]) await cp(template.root, root, { recursive: true });
  stored = await addStore(lake.root);
  await stored.upload([firstDay, middleDay, lastDay]);
});
afterEach(async () => {
  await rm(lake.root, { recursive: true });
  await rm(whole.root, { recursive: true });
  await stored.remove();
});

async function write(day: string, number: number, lines: readonly string[]): Promise<void> {
  for (const one of [lake, whole]) {
    await one.writePart(day, number, lines);
    await describeParts(one.root);
  }
}

/** Beside no known id: what lies between would be most of the day, derived each time. */
const lateIds = [missingIds[0] + 1, missingIds[0] + 2] as const;
const lateTrades = lateIds.map((id) => ({ id, us: at(middleDay, `10:00:0${id % 10}.25`) }));
/** As a backfill writes it: its manifest line says which ids it holds. */
async function lateFill(): Promise<void> {
  await write(today, 5, [restLine(at(today, '01:00:00'), lateTrades)]);
  const [first_trade_id, last_trade_id] = lateIds;
  for (const { root } of [lake, whole]) {
    const folder = rawDayDir(root, instrument, today);
    const [record] = (await readPartRecords(folder)).values();
    await appendPartRecord(folder, { ...record!, first_trade_id, last_trade_id });
  }
}

describe('a day that every store has', () => {
  it('goes but for its manifests and the newest day, and nobody calls it damaged', async () => {
    const before = await lake.digestPartitions();
    const { released, kept } = await stored.release();
    expect(released.map(({ day }) => day)).toEqual([firstDay, middleDay]);
    expect(kept).toEqual([]);
    const here = Object.keys(await lake.digestPartitions());
    expect(here.every((path) => path.includes('day=03'))).toBe(true);
    expect(await findAway(lake.root, 'trades', instrument, firstDay)).toMatchObject({
      sha256: before[`trades/binance/BTCUSDT/year=2026/month=03/day=01/trades.parquet`],
    });
    expect(await lake.transform()).toBe(0);
    expect(Object.keys(await lake.digestPartitions())).toEqual(here);
  });

  it('stays when a store has it with other bytes, or not at all', async () => {
    const key = 'trades/binance/BTCUSDT/year=2026/month=03/day=01';
    await rm(`${stored.store}/${key}/trades.manifest.json`);
    await rm(`${stored.store}/${key.replace('01', '02')}/trades.parquet`);
    expect((await stored.release()).released).toEqual([]);
    expect(stored.said.join('\n')).toContain('trades.manifest.json is not there');
    expect(await lake.digestPartitions()).toEqual(await whole.digestPartitions());
  });
});

describe('a store that is the lake itself', () => {
  it('confirms nothing: no day goes', async () => {
    await rm(stored.store, { recursive: true });
    await symlink(lake.root, stored.store);
    expect((await stored.release()).released).toEqual([]);
    expect(stored.said.join('\n')).toContain('and no copy');
    await stored.clean();
    expect(await lake.digestPartitions()).toEqual(await whole.digestPartitions());
    expect(await readdir(rawDayDir(lake.root, instrument, firstDay))).toHaveLength(3);
  });
});

describe('parts for a day that is away', () => {
  it('wait and say so, while other days go on; restored and transformed nothing is different', async () => {
    const missing = [missingIds];
    expect((await findHoles(lake.root, instrument, at(today, '00:00:00'))).missing).toEqual(
      missing,
    );
    await stored.release();
    expect((await findHoles(lake.root, instrument, at(today, '00:00:00'))).missing).toEqual(
      missing,
    );
    const before = [await readDay(lake.root, firstDay), await readDay(lake.root, middleDay)];
    await write(lastDay, 2, ticks(lastDay, 27, ['00:02:00', '00:02:10']));
    await lateFill();
    expect(await lake.transform({}, stored.context().log)).toBe(1);
    await whole.transform();
    expect(stored.said.join('\n')).toContain(
      `transform binance/BTCUSDT: 1 part waits for ${middleDay}, not here but in the store`,
    );
    expect(stored.said.join('\n')).toContain(
      `run --mode restore --exchange binance --symbol BTCUSDT --date ${middleDay}, then --mode transform`,
    );
    expect([await readDay(lake.root, firstDay), await readDay(lake.root, middleDay)]).toEqual(
      before,
    );
    expect(await readDay(lake.root, lastDay)).toEqual(await readDay(whole.root, lastDay));
    expect((await openLedger(lake.root, instrument).read([today])).size).toBe(0);
    expect(await readWaitingParts(lake.root, instrument)).toMatchObject([{ needs: [middleDay] }]);
    // What was fetched is not fetched again, and what is away is not missing.
    const holes = await findHoles(lake.root, instrument, at(today, '02:00:00'));
    expect(holes.missing).toEqual([
      [missingIds[0], lateIds[0] - 1],
      [lateIds[1] + 1, missingIds[1]],
    ]);
    // Nothing is read again while it waits, and nothing else changes.
    expect(await lake.transform()).toBe(1);
    expect([await readDay(lake.root, firstDay), await readDay(lake.root, middleDay)]).toEqual(
      before,
    );

    expect(await stored.restore({ date: middleDay })).toBe(0);
    // What parts wait for is not sent away again.
    expect((await stored.release()).released).toEqual([]);
    expect(await lake.transform()).toBe(0);
    expect(await readDay(lake.root, middleDay)).toEqual(await readDay(whole.root, middleDay));
    expect(await stored.restore({ date: firstDay })).toBe(0);
    expect(await lake.digestPartitions()).toEqual(await whole.digestPartitions());
    expect(await lake.transform()).toBe(0);
    expect(await lake.digestPartitions()).toEqual(await whole.digestPartitions());
    expect(await readWaitingParts(lake.root, instrument)).toEqual([]);
  });

  it('wait when a day needs its neighbour that is away', async () => {
    await stored.release();
    await write(today, 5, [quoteLine(at(lastDay, '00:00:02'), 900, '100.00', '100.01')]);
    const before = await readDay(lake.root, lastDay);
    expect(await lake.transform()).toBe(1);
    await whole.transform();
    expect(await readDay(lake.root, lastDay)).toEqual(before);
    expect(await stored.restore({ date: middleDay })).toBe(0);
    expect(await lake.transform()).toBe(0);
    expect(await readDay(lake.root, lastDay)).toEqual(await readDay(whole.root, lastDay));
    expect(await readDay(lake.root, middleDay)).toEqual(await readDay(whole.root, middleDay));
  });

  it('keep a rebuild and a repair from deriving a day beside it from less', async () => {
    await stored.release();
    const before = await readDay(lake.root, lastDay);
    const away = await readDay(lake.root, middleDay);
    await lake.transform({ rebuild: true }, stored.context().log);
    expect(stored.said.join('\n')).toMatch(
      /rebuild binance\/BTCUSDT 2026-03-03: it keeps what it has/,
    );
    expect(await readDay(lake.root, lastDay)).toEqual(before);
    await rm(
      `${lake.root}/parquet/binance/BTCUSDT/year=2026/month=03/day=03/bars_1s.manifest.json`,
    );
    expect(await lake.transform({}, stored.context().log)).toBe(1);
    expect(stored.said.join('\n')).toContain('to derive it again needs 2026-03-02');
    expect(await readDay(lake.root, middleDay)).toEqual(away);
    expect(await stored.restore({ date: middleDay })).toBe(0);
    expect(await lake.transform()).toBe(0);
    expect(await lake.digestPartitions()).toMatchObject(
      Object.fromEntries(
        Object.entries(await whole.digestPartitions()).filter(([path]) => !path.includes('day=01')),
      ),
    );
  });
});

describe('verification', () => {
  it('passes over what is in the store, says so, and calls a lost file wrong', async () => {
    await stored.release();
    const [derived] = summarizeReports(await verifyRoot(lake.root, { date: firstDay }));
    expect(derived).toBe('2026-03-01 ok (equal): away');
    await rm(`${lake.root}/raw`, { recursive: true });
    const [gone] = summarizeReports(await verifyRoot(lake.root, { date: firstDay }));
    expect(gone).toMatch(/2026-03-01 incomplete \(in the store\): away, raw-gone/);
    await rm(`${lake.root}/trades/binance/BTCUSDT/year=2026/month=03/day=01/trades.uploaded.json`);
    const [first] = summarizeReports(await verifyRoot(lake.root, { date: firstDay }));
    expect(first).toContain('2026-03-01 wrong');
  });
});
