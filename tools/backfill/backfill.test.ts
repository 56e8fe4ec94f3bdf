import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { partitionManifestPath } from '../../lake/layout.ts';
import { readPartRecords } from '../../lake/part-manifest.ts';
import { readPartitionManifest } from '../../lake/partition-manifest.ts';
import { type BackfillLake, openBackfillLake } from '../../tests/backfill-lake.ts';
import { us } from '../../tests/raw-lines.ts';

const day = '2026-03-03';
const at = (time: string) => us(`${day}T${time}Z`);
const instrument = { exchange: 'binance', symbol: 'BTCUSDT' };

let lake: BackfillLake;
afterEach(() => lake.close());

const readManifest = (dataset: 'bars_1s' | 'trades' = 'trades', of = day) =>
  readPartitionManifest(partitionManifestPath(lake.root, dataset, instrument, of));

async function countTrades(): Promise<{ n: number; ids: number; sources: string }> {
  const [row] = await lake.query(
    `SELECT count(*) AS n, count(DISTINCT trade_id) AS ids,
            string_agg(DISTINCT source ORDER BY source) AS sources FROM trades`,
  );
  return { n: Number(row!.n), ids: Number(row!.ids), sources: String(row!.sources) };
}

/** Ids of trades in a time, of which the middle third is to be lost. */
function loseMiddle(fromUs: number, untilUs: number): (id: number) => boolean {
  const ids = lake.simulator.truth.trades('BTCUSDT', fromUs, untilUs).map(({ id }) => id);
  const third = Math.floor(ids.length / 3);
  const [first, last] = [ids[third]!, ids[2 * third]!];
  return (id) => id >= first && id <= last;
}

describe('holes', () => {
  it('in the middle of a published day are filled from REST, as a revision with that reason', async () => {
    lake = await openBackfillLake(at('10:00:00'), { rate: 0.5 });
    const [from, until] = [at('09:50:00'), at('09:53:00')];
    await lake.record(1, from, until, loseMiddle(from, until));
    await lake.transform();
    const before = (await readManifest('bars_1s'))!;
    expect(before.missing_trade_ids).toHaveLength(1);
    const run = await lake.backfill();
    expect(run).toMatchObject({ code: 0, errors: [], warnings: [] });
    expect(run.infos.join()).toMatch(
      /binance\/BTCUSDT: filled \d+ trades \(\d+ from REST, 0 from the archive\)$/,
    );
    const after = (await readManifest('bars_1s'))!;
    expect(after.missing_trade_ids).toEqual([]);
    expect(after.revision).toBe(before.revision + 1);
    const trades = lake.simulator.truth.trades('BTCUSDT', from, until);
    expect(await countTrades()).toEqual({
      n: trades.length,
      ids: trades.length,
      sources: 'live,rest',
    });
    expect(await lake.listWrongBars(from, until)).toEqual([]);
  });

  it('are filled by one part per day that says what it is and is described in the manifest', async () => {
    lake = await openBackfillLake(at('10:00:00'), { rate: 0.5 });
    const [from, until] = [at('09:50:00'), at('09:51:00')];
    await lake.record(1, from, until, loseMiddle(from, until));
    await lake.transform();
    await lake.backfill();
    const dayDir = join(lake.root, 'raw/binance/BTCUSDT', day);
    expect(await readdir(dayDir)).toEqual(['manifest.jsonl', 'part_0001.jsonl', 'part_0002.jsonl']);
    const text = await readFile(join(dayDir, 'part_0002.jsonl'), 'utf8');
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const rows = lines.slice(1).flatMap((line) => line.msg);
    const [first, last] = [rows[0].id, rows.at(-1).id];
    const fill = { conn: 'rest', event: 'fill', from_id: first, to_id: last, source: 'rest' };
    expect(lines[0]).toMatchObject({ ...fill, trades: last - first + 1 });
    const record = (await readPartRecords(dayDir)).get('part_0002.jsonl')!;
    expect(record).toMatchObject({
      lines: lines.length,
      bytes: Buffer.byteLength(text),
      first_trade_id: first,
      last_trade_id: last,
      first_event: rows[0].time,
    });
  });

  it('are not filled twice: a run with nothing to do asks nobody and writes nothing', async () => {
    lake = await openBackfillLake(at('10:00:00'), { rate: 0.5 });
    const [from, until] = [at('09:50:00'), at('09:51:00')];
    await lake.record(1, from, until, loseMiddle(from, until));
    await lake.transform();
    await lake.backfill();
    const before = await lake.digestPartitions();
    await lake.simulator.close();
    expect(await lake.backfill()).toEqual({ code: 0, infos: [], warnings: [], errors: [] });
    expect(await lake.digestPartitions()).toEqual(before);
  });

  it('that the collector has filled meanwhile are not fetched again', async () => {
    lake = await openBackfillLake(at('10:00:00'), { rate: 0.5 });
    const [from, until] = [at('09:50:00'), at('09:51:00')];
    await lake.record(1, from, until, loseMiddle(from, until));
    await lake.transform();
    await lake.record(2, from, until);
    const run = await lake.backfill();
    expect(run.infos.join()).toContain('filled nothing');
    expect((await readManifest())!.missing_trade_ids).toEqual([]);
    const names = await readdir(join(lake.root, 'raw/binance/BTCUSDT', day));
    expect(names.filter((name) => name.startsWith('part'))).toHaveLength(2);
  });
});
