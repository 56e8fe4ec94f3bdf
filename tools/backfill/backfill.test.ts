import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { partitionManifestPath } from '../../lake/layout.ts';
import { readPartRecords } from '../../lake/part-manifest.ts';
import { readPartitionManifest } from '../../lake/partition-manifest.ts';
import { type BackfillLake, openBackfillLake } from '../../tests/backfill-lake.ts';
import { tradeLine, us } from '../../tests/raw-lines.ts';

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
    const { revision, sha256 } = before;
    expect(after.revisions).toMatchObject([{ revision, sha256, reason: 'fill' }]);
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

const hourUs = 3_600_000_000;

describe('what REST does not have', () => {
  const [from, until] = [us('2026-03-02T20:00:00Z'), us('2026-03-02T20:10:00Z')];

  async function loseYesterday(options: Parameters<typeof openBackfillLake>[1]): Promise<void> {
    const historyMs = 30 * 3_600_000;
    lake = await openBackfillLake(at('10:00:00'), { rate: 0.005, historyMs, ...options });
    await lake.record(1, from, until, loseMiddle(from, until));
    await lake.transform();
  }
  const listMissing = async () => (await readManifest('trades', '2026-03-02'))!.missing_trade_ids;

  it.each([
    ['because it forgets', { restHistoryMs: 3_600_000 }],
    ['because the host has no single trades', { absentPaths: ['/api/v3/historicalTrades'] }],
  ])('%s, comes from the archive', async (_, options) => {
    await loseYesterday(options);
    const run = await lake.backfill();
    expect(run).toMatchObject({ code: 0, errors: [] });
    expect(run.infos.join()).toMatch(/filled \d+ trades \(0 from REST, \d+ from the archive\)$/);
    expect(await listMissing()).toEqual([]);
    expect((await countTrades()).sources).toBe('archive,live');
    const trades = lake.simulator.truth.trades('BTCUSDT', from, until);
    expect(await lake.listWrongBars(trades[0]!.timeUs, trades.at(-1)!.timeUs)).toEqual([]);
  });

  it('and the archive has not yet, is asked for again when it may be there, and filled', async () => {
    await loseYesterday({ restHistoryMs: 3_600_000, archive: { publishAfterMs: 12 * 3_600_000 } });
    const [[first, last]] = (await listMissing()) as [[number, number]];
    const run = await lake.backfill();
    expect(run.code).toBe(0);
    expect(run.infos.join()).toContain(
      `filled nothing; not available: ${last - first + 1} trades, ids ${first}-${last}`,
    );
    lake.forward(hourUs);
    expect((await lake.backfill()).infos).toEqual([]);
    lake.forward(2 * hourUs);
    expect((await lake.backfill()).infos.join()).toContain('from the archive');
    expect(await listMissing()).toEqual([]);
  });

  it('and the archive never has, stays missing, and is not asked for after a week', async () => {
    await loseYesterday({
      restHistoryMs: 3_600_000,
      archive: { absent: ['BTCUSDT-trades-2026-03-02.zip'] },
    });
    const missing = await listMissing();
    for (let day = 0; day < 7; day++) {
      expect((await lake.backfill()).infos).toHaveLength(1);
      lake.forward(24 * hourUs);
    }
    await lake.simulator.close();
    for (let day = 7; day < 10; day++) {
      expect(await lake.backfill()).toEqual({ code: 0, infos: [], warnings: [], errors: [] });
      lake.forward(24 * hourUs);
    }
    expect(await listMissing()).toEqual(missing);
  });

  it('of a symbol it does not list any more, is asked of the archive, with a warning', async () => {
    lake = await openBackfillLake(at('10:00:00'), { symbols: ['ETHUSDT'], rate: 0.005 });
    const lines = [1, 4].map((id) => tradeLine({ id, us: from + id * 1_000_000 }));
    await lake.writePart('2026-03-02', 1, lines);
    await lake.transform();
    const run = await lake.backfill();
    expect(run.warnings.join()).toMatch(/BTCUSDT.*Invalid symbol/);
    expect(run.infos.join()).toContain('not available');
  });

  it('is a failure where the archive is damaged, and the next run goes on', async () => {
    await loseYesterday({ restHistoryMs: 3_600_000, archive: { wrongChecksums: 2 } });
    const run = await lake.backfill();
    expect(run.code).toBe(1);
    expect(run.errors.join()).toMatch(/^backfill binance\/BTCUSDT: .*sha256 is/);
    expect((await lake.backfill()).code).toBe(0);
    expect(await listMissing()).toEqual([]);
  });

  it('need not be waited for: a run can be stopped while nobody answers', async () => {
    await loseYesterday({});
    await lake.simulator.close();
    const stop = new AbortController();
    const run = lake.backfill({}, stop.signal);
    stop.abort();
    expect(await run).toMatchObject({ code: 0, errors: [] });
    expect(await listMissing()).toHaveLength(1);
  });
});

describe('history that nobody collected', () => {
  it('is named with what to do, and not fetched as if it were a hole', async () => {
    lake = await openBackfillLake(at('10:00:00'), { rate: 0.001, historyMs: 15 * 86_400_000 });
    await lake.record(1, us('2026-02-18T09:00:00Z'), us('2026-02-18T10:00:00Z'));
    await lake.record(1, at('08:00:00'), at('09:00:00'));
    await lake.transform();
    expect((await lake.backfill()).infos).toEqual([]);
    const run = await lake.backfill({ from: '2026-03-03', to: '2026-03-03' });
    expect(run.infos.join()).toMatch(
      /nothing collected between 2026-02-18 and 2026-03-03 \(\d+ trades\): --from 2026-02-18 --to 2026-03-03 fetches it/,
    );
  });
});

it.each([
  [{ from: '2026-13-01' }, 'is no UTC day'],
  [{ from: '2026-03-02', to: '2026-03-01' }, 'comes after'],
  [{ to: '2026-03-01' }, '--from is missing'],
  [{ exchange: 'nobody' }, 'is not configured; there are binance'],
  [{ symbol: 'BTCUSD' }, 'there are no trades of it'],
])('refuses %o', async (options, reason) => {
  lake = await openBackfillLake(at('10:00:00'));
  await expect(lake.backfill(options)).rejects.toThrow(reason);
});
