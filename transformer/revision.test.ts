import { expect, it } from 'vitest';
import { type Dataset, partitionManifestPath } from '../lake/layout.ts';
import { readPartitionManifest } from '../lake/partition-manifest.ts';
import { controlLine, fillLine, tradeLine, us } from '../tests/raw-lines.ts';
import { makeScratchLake, type ScratchLake } from '../tests/scratch-lake.ts';

const day = '2026-03-01';
const at = (second: string, date = day) => us(`${date}T10:00:${second}Z`);
const second = (text: string) => `${day}T10:00:${text}Z`;
const row = (id: number, timeUs: number) => ({
  id,
  price: '7.0',
  qty: '1.0',
  time: timeUs,
  isBuyerMaker: false,
});

async function readManifest(lake: ScratchLake, dataset: Dataset = 'bars_1s', date = day) {
  const instrument = { exchange: 'binance', symbol: 'BTCUSDT' };
  return (await readPartitionManifest(
    partitionManifestPath(lake.root, dataset, instrument, date),
  ))!;
}

async function makeLakeWithHole(): Promise<ScratchLake> {
  const lake = await makeScratchLake();
  await lake.writePart(day, 1, [
    controlLine(at('00.0'), 'subscribed'),
    ...[0, 1, 2, 3].map((s) => tradeLine({ id: s, us: at(`0${s}.5`), recv: at(`0${s}.5`) })),
    tradeLine({ id: 6, us: at('06.5'), recv: at('06.5') }),
    tradeLine({ id: 7, us: at('07.5'), recv: at('07.5') }),
    controlLine(at('09.0'), 'close'),
  ]);
  expect(await lake.transform()).toBe(0);
  return lake;
}

it('says what was replaced, why, and in which seconds rows differ', async () => {
  const lake = await makeLakeWithHole();
  const first = { bars: await readManifest(lake), trades: await readManifest(lake, 'trades') };
  expect(first.bars.revisions).toEqual([]);
  const before = await lake.readBars();
  const fill = [row(4, at('04.2')), row(5, at('05.2'))];
  await lake.writePart(day, 2, [fillLine(at('40'), 'rest', fill)]);
  await lake.transform();
  // The seconds before and after the hole were in doubt, and are not any more.
  expect(await readManifest(lake)).toMatchObject({
    revision: 2,
    revisions: [
      {
        revision: 1,
        sha256: first.bars.sha256,
        reason: 'fill',
        seconds_changed: [[second('03'), second('06')]],
      },
    ],
  });
  expect(await readManifest(lake, 'trades')).toMatchObject({
    revisions: [
      {
        revision: 1,
        sha256: first.trades.sha256,
        reason: 'fill',
        seconds_changed: [[second('04'), second('05')]],
      },
    ],
  });
  const outside = (bars: typeof before) => bars.filter((_, index) => index < 3 || index > 6);
  expect(outside(await lake.readBars())).toEqual(outside(before));
});

it('calls more of the running day live, and counts the seconds up to the last one heard', async () => {
  const lake = await makeLakeWithHole();
  expect(await readManifest(lake)).toMatchObject({ through: second('08'), seconds_covered: 9 });
  expect((await readManifest(lake)).seconds_missing).toEqual([
    [`${day}T00:00:00Z`, `${day}T09:59:59Z`],
  ]);
  await lake.writePart(day, 2, [tradeLine({ id: 8, us: at('12.5'), recv: at('12.5') })]);
  await lake.transform();
  const manifest = await readManifest(lake);
  expect(manifest.through).toBe(second('12'));
  expect(manifest.revisions).toMatchObject([
    { revision: 1, reason: 'live', seconds_changed: [[second('09'), second('12')]] },
  ]);
  await lake.writePart('2026-03-03', 1, [tradeLine({ id: 9, us: at('00.5', '2026-03-03') })]);
  await lake.transform();
  expect((await readManifest(lake)).through).toBe(`${day}T23:59:59Z`);
});

it('is made by a rebuild only where the rows or what they are made of differ', async () => {
  const lake = await makeLakeWithHole();
  const before = await readManifest(lake);
  await lake.transform({ rebuild: true });
  expect(await readManifest(lake)).toEqual(before);
});

it('keeps the history over a part of copies, which changes no second', async () => {
  const lake = await makeLakeWithHole();
  const line = tradeLine({ id: 2, us: at('02.5'), recv: at('02.5') });
  await lake.writePart(day, 2, [line]);
  await lake.transform();
  expect((await readManifest(lake, 'trades')).revisions).toMatchObject([{ seconds_changed: [] }]);
});

it('leaves the days between an old fill and what is new as they are', async () => {
  const lake = await makeScratchLake();
  const days = ['2026-01-05', '2026-01-10', '2026-01-15', '2026-01-20'];
  for (const [index, date] of days.entries()) {
    const ids = [10 * index, 10 * index + 1, 10 * index + 3];
    await lake.writePart(
      date,
      1,
      ids.map((id, order) => tradeLine({ id, us: at(`0${order}.5`, date) })),
    );
  }
  await lake.transform();
  const before = await Promise.all(days.map((date) => readManifest(lake, 'bars_1s', date)));
  const fill = row(2, at('01.7', '2026-01-05'));
  await lake.writePart('2026-01-20', 2, [
    tradeLine({ id: 34, us: at('09.5', '2026-01-20') }),
    fillLine(at('30', '2026-01-20'), 'archive', [fill]),
  ]);
  await lake.transform();
  const after = await Promise.all(days.map((date) => readManifest(lake, 'bars_1s', date)));
  expect(after.map(({ revision }) => revision)).toEqual([2, 1, 1, 2]);
  expect(after.slice(1, 3)).toEqual(before.slice(1, 3));
  const bars = await lake.readBars();
  expect(bars.find((bar) => bar.provenance === 'archive')).toMatchObject({ trade_count: 2 });
});
