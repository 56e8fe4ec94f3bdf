import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { silentLog } from '../lake/log.ts';
import { readPartitionManifest } from '../lake/partition-manifest.ts';
import { controlLine, fillLine, tradeLine, us } from '../tests/raw-lines.ts';
import { makeScratchLake, type ScratchLake } from '../tests/scratch-lake.ts';

const day = '2026-03-01';
const at = (second: string) => us(`${day}T10:00:${second}Z`);

const row = (id: number, second: string) => ({
  id,
  price: '100.50000000',
  qty: '1.00000000',
  quoteQty: '100.50000000',
  time: at(second),
  isBuyerMaker: false,
  isBestMatch: true,
});
const aggregate = (first: number, last: number, second: string) => ({
  a: 26129,
  p: '100.50000000',
  q: '1.00000000',
  f: first,
  l: last,
  T: Math.floor(at(second) / 1000),
  m: false,
  M: true,
});

const readTrades = async (lake: ScratchLake) => {
  const rows = await lake.query('SELECT trade_id, source, price FROM trades ORDER BY trade_id');
  return rows.map(({ trade_id, source, price }) => [Number(trade_id), source, price]);
};

async function readManifest(lake: ScratchLake) {
  const folder = 'trades/binance/BTCUSDT/year=2026/month=03/day=01';
  return (await readPartitionManifest(join(lake.root, folder, 'trades.manifest.json')))!;
}

it('takes rows of the archive and of REST as trades, and says where each came from', async () => {
  const lake = await makeScratchLake();
  await lake.writePart(day, 1, [
    controlLine(at('30'), 'fill', 'archive', { from_id: 1, to_id: 2, trades: 2 }),
    fillLine(at('30'), 'archive', [row(1, '00.1'), row(2, '00.2')]),
    fillLine(at('31'), 'rest', [row(2, '00.2'), row(3, '00.3')]),
    fillLine(at('31'), 'rest', []),
    tradeLine({ id: 4, us: at('00.4') }),
  ]);
  const slow: string[] = [];
  await lake.transform({}, { ...silentLog, debug: (message) => void slow.push(message) });
  expect(slow).toEqual([]);
  expect(await readTrades(lake)).toEqual([
    [1, 'archive', 100.5],
    [2, 'rest', 100.5],
    [3, 'rest', 100.5],
    [4, 'live', 100],
  ]);
  expect(await lake.readBars()).toMatchObject([{ trade_count: 4, backfilled: 3 }]);
  const manifest = await readManifest(lake);
  expect(manifest).toMatchObject({ duplicates_removed: 1, trades_filled: 3, lines_quarantined: 0 });
});

it('takes an aggregate of one trade as that trade, and one of several as none', async () => {
  const lake = await makeScratchLake();
  await lake.writePart(day, 1, [
    fillLine(at('30'), 'rest', [aggregate(1, 1, '00.1'), aggregate(2, 4, '00.2')]),
    fillLine(at('30'), 'rest', [aggregate(5, 5, '00.3')]),
  ]);
  await lake.transform();
  expect((await readTrades(lake)).map(([id]) => id)).toEqual([1, 5]);
  const manifest = await readManifest(lake);
  expect(manifest).toMatchObject({ missing_trade_ids: [[2, 4]], lines_quarantined: 0 });
});

it('reads fills the same whether or not their part holds a line for the general way', async () => {
  const lines = [
    fillLine(at('30'), 'archive', [
      row(1, '00.1'),
      aggregate(2, 2, '00.2'),
      aggregate(3, 4, '00.3'),
    ]),
    fillLine(at('31'), 'rest', [{ ...row(5, '00.5'), price: 7.25, time: at('00.5') / 1000 }]),
    fillLine(at('31'), 'rest', row(6, '00.6')),
  ];
  const plain = await makeScratchLake();
  await plain.writePart(day, 1, lines.slice(0, 2));
  await plain.writePart(day, 2, lines.slice(2));
  await plain.transform();
  const odd = await makeScratchLake();
  await odd.writePart(day, 1, [lines[0]!, 'odd', lines[1]!]);
  await odd.writePart(day, 2, [...lines.slice(2), '{']);
  await odd.transform();
  expect(await readTrades(plain)).toHaveLength(4);
  expect(await odd.digestPartitions()).toEqual(await plain.digestPartitions());
  expect((await readManifest(odd)).lines_quarantined).toBe(2);
});

it('quarantines rows that are no trades, and answers that hold none, and counts each once', async () => {
  const lake = await makeScratchLake();
  await lake.writePart(day, 1, [
    fillLine(at('30'), 'rest', [
      row(1, '00.1'),
      { ...row(2, '00.2'), qty: '-1' },
      7,
      aggregate(9, 8, '00.1'),
    ]),
    fillLine(at('30'), 'rest', { code: -1003, msg: 'Too much request weight used' }),
    fillLine(at('30'), 'rest', null),
    fillLine(at('30'), 'archive', [row(3, '00.3')]),
  ]);
  await lake.transform();
  expect((await readTrades(lake)).map(([id]) => id)).toEqual([1, 3]);
  expect((await readManifest(lake)).lines_quarantined).toBe(5);
  const text = await readFile(
    join(lake.root, 'quarantine/binance/BTCUSDT', day, 'part_0001.jsonl'),
    'utf8',
  );
  expect(text.trim().split('\n')).toHaveLength(5);
});

it('derives the seconds around midnight from fills of both days that come in one run', async () => {
  const lake = await makeScratchLake();
  const midnight = us('2026-03-02T00:00:00Z');
  for (const [number, id, offsetUs] of [
    [1, 1, -9_000_000],
    [2, 2, 5_000_000],
  ] as const) {
    await lake.writePart('2026-03-09', number, [tradeLine({ id, us: midnight + offsetUs })]);
  }
  await lake.transform();
  const bars = await lake.readBars();
  expect(bars.map((bar) => Number(bar.window_start) - midnight / 1_000_000)).toEqual(
    Array.from({ length: 15 }, (_, index) => index - 9),
  );
});

it('counts a part of fills among the inputs of the days it has trades of, and of none between', async () => {
  const lake = await makeScratchLake();
  const on = (date: string, time: string) => us(`2026-03-${date}T${time}Z`);
  await lake.writePart('2026-03-01', 1, [
    tradeLine({ id: 1, us: on('01', '10:00:00') }),
    tradeLine({ id: 3, us: on('01', '10:00:02') }),
  ]);
  await lake.writePart('2026-03-02', 1, [tradeLine({ id: 4, us: on('02', '10:00:00') })]);
  await lake.writePart('2026-03-03', 1, [tradeLine({ id: 5, us: on('03', '10:00:00') })]);
  const filled = (id: number, time: number) => ({ ...row(id, '00'), time });
  await lake.writePart('2026-03-04', 1, [
    fillLine(on('04', '10:00:00'), 'rest', [
      filled(2, on('01', '10:00:01') / 1000),
      filled(6, on('03', '10:00:01') / 1000),
    ]),
  ]);
  await lake.transform();
  const named: string[] = [];
  for (const date of ['01', '02', '03']) {
    const folder = `parquet/binance/BTCUSDT/year=2026/month=03/day=${date}`;
    const manifest = await readPartitionManifest(join(lake.root, folder, 'bars_1s.manifest.json'));
    if (manifest!.inputs.some(({ part }) => part.includes('2026-03-04'))) named.push(date);
  }
  expect(named).toEqual(['01', '03']);
});
