// What the transformer keeps of days that are away goes, too, so that a lake whose days leave does not fill the disk;
// and comes back with any day that can be derived from it.

import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  at,
  describeParts,
  firstDay,
  lastDay,
  listGoldenParts,
  makeDescribedLake,
  middleDay,
  missingIds,
  ticks,
} from './described-lake.ts';
import { controlLine, restLine } from './raw-lines.ts';
import { makeScratchLake, type ScratchLake } from './scratch-lake.ts';
import { addStore, type StoredLake, today } from './stored-lake.ts';
import { runUploadOf } from './upload-run.ts';

/** Far from the others: what lies between is derived from the one that is nearest, which is away, too. */
const [laterDay, newestDay] = ['2026-03-12', '2026-03-18'];
const days = [firstDay, middleDay, lastDay, laterDay, newestDay];
const later = [laterDay, newestDay].map((day, index) => ({
  day,
  number: 1,
  lines: [
    controlLine(at(day, '00:01:00'), 'subscribed'),
    ...ticks(day, 30 + index * 5, ['00:01:10', '00:01:20']),
    controlLine(at(day, '00:01:30'), 'close'),
  ],
}));

let template: ScratchLake;
let lake: ScratchLake;
/** The same lake, from which nothing is sent away. */
let whole: ScratchLake;
let stored: StoredLake;
beforeAll(async () => {
  template = await makeDescribedLake([...listGoldenParts(false), ...later]);
});
afterAll(() => rm(template.root, { recursive: true }));
beforeEach(async () => {
  [lake, whole] = [await makeScratchLake(), await makeScratchLake()];
  for (const { root } of [lake, whole]) {
    await cp(template.root, root, { recursive: true, preserveTimestamps: true });
  }
  stored = await addStore(lake.root);
  await stored.upload(days);
});
afterEach(async () => {
  for (const { root } of [lake, whole]) await rm(root, { recursive: true });
  await stored.remove();
});

const stateDir = () => join(lake.root, 'state/transform/binance/BTCUSDT');

async function listState(): Promise<string[]> {
  const names = await readdir(stateDir());
  return names.filter((name) => /^2026-.*l|quotes/.test(name)).sort();
}

const filesOf = (...of: string[]) => of.flatMap((day) => [`${day}.jsonl`, `${day}.quotes.parquet`]);

describe('the state of a day that is away', () => {
  it('stays while raw parts are here, or a day beside it', async () => {
    expect((await stored.release()).states).toEqual([]);
    await rm(join(lake.root, 'raw'), { recursive: true });
    await stored.restore({ date: middleDay });
    expect((await stored.release()).released).toHaveLength(1);
    await stored.restore({ date: firstDay });
    const { states } = await stored.release({ dryRun: true });
    expect(states.map(({ day }) => day)).toEqual([firstDay, middleDay, lastDay]);
    expect(await listState()).toEqual(filesOf(...days));
  });

  it('goes where every store has it, and nobody misses it', async () => {
    await rm(join(lake.root, 'raw'), { recursive: true });
    await stored.release();
    // The nearest one is what the newest day may be derived from.
    expect(await listState()).toEqual(filesOf(laterDay, newestDay));
    expect((await stored.release()).states).toEqual([]);
    const log = await readFile(join(lake.root, 'logs/qa/cleanup.log'), 'utf8');
    expect(log).toContain(`deletes state/transform/binance/BTCUSDT/${middleDay}.jsonl, `);
    const said: string[] = [];
    const tell = (message: string) => void said.push(message);
    const warnings = { debug() {}, info() {}, warn: tell, error: tell };
    expect(await lake.transform({}, warnings)).toBe(0);
    const yaml = `folder: { path: ${stored.store} }`;
    expect(await runUploadOf(lake.root, { yaml })).toMatchObject({ objects: 0, failures: [] });
    expect(said).toEqual([]);
  });

  it('stays where a store has another', async () => {
    await rm(join(lake.root, 'raw'), { recursive: true });
    const path = join('state/transform/binance/BTCUSDT', `${middleDay}.quotes.parquet`);
    await writeFile(join(stored.store, path), 'damaged');
    await stored.release();
    expect(await listState()).toEqual(filesOf(middleDay, laterDay, newestDay));
  });

  it('is never sent in place of what the store has of it', async () => {
    await rm(join(lake.root, 'raw'), { recursive: true });
    await stored.release();
    const name = `${middleDay}.jsonl`;
    const there = join(stored.store, 'state/transform/binance/BTCUSDT', name);
    const before = await readFile(there, 'utf8');
    await writeFile(join(stateDir(), name), '\n');
    const yaml = `folder: { path: ${stored.store} }`;
    expect(await runUploadOf(lake.root, { yaml })).toMatchObject({ failures: [] });
    expect(await readFile(there, 'utf8')).toBe(before);
  });

  it('comes back with a day beside it, which then takes in what came late as if nothing had left', async () => {
    for (const { root } of [lake, whole]) await rm(join(root, 'raw'), { recursive: true });
    await stored.release();
    const trades = [13, 14].map((id) => ({ id, us: at(middleDay, `10:00:0${id % 10}.25`) }));
    expect(missingIds[0]).toBe(13);
    for (const one of [lake, whole]) {
      await one.writePart(today, 5, [restLine(at(today, '01:00:00'), trades)]);
      await describeParts(one.root);
    }
    await whole.transform();
    expect(await stored.restore({ date: middleDay })).toBe(0);
    expect(await listState()).toEqual(filesOf(...days));
    await lake.transform();
    await stored.restore({ from: firstDay, to: laterDay });
    await lake.transform();
    expect(stored.said.filter((text) => text.includes('lose'))).toEqual([]);
    expect(await lake.digestPartitions()).toEqual(await whole.digestPartitions());
  });
});
