import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { partitionManifestPath } from '../../lake/layout.ts';
import { readPartitionManifest } from '../../lake/partition-manifest.ts';
import { type BackfillLake, openBackfillLake } from '../../tests/backfill-lake.ts';
import { us } from '../../tests/raw-lines.ts';

const symbol = 'LTCUSDT';
const instrument = { exchange: 'binance', symbol };
const nowUs = us('2026-03-04T01:00:00Z');
const dayMs = 86_400_000;
const hourUs = 3_600_000_000;
/** A trade in ten minutes. */
const quiet = { rate: 0.0005, historyMs: 5 * dayMs };

let lake: BackfillLake;
afterEach(() => lake.close());

const readManifest = (day: string, dataset: 'bars_1s' | 'trades' = 'trades') =>
  readPartitionManifest(partitionManifestPath(lake.root, dataset, instrument, day));
const listTruth = (from: string, to: string) =>
  lake.simulator.truth.trades(symbol, us(`${from}T00:00:00Z`), us(`${to}T00:00:00Z`));
async function listIds(): Promise<number[]> {
  const rows = await lake.query('SELECT trade_id FROM trades ORDER BY trade_id');
  return rows.map((row) => Number(row.trade_id));
}
const span = { from: '2026-03-02', to: '2026-03-03' };

describe('history', () => {
  it('gives a new lake its days from the archive, equal to the klines, and says so', async () => {
    lake = await openBackfillLake(nowUs, quiet, symbol);
    const run = await lake.backfill({ from: span.from });
    const truth = listTruth('2026-03-02', '2026-03-04');
    expect(run).toMatchObject({ code: 0, errors: [], warnings: [] });
    expect(run.infos.join()).toContain(
      `binance/LTCUSDT: filled ${truth.length} trades (0 from REST, ${truth.length} from the archive); days: 2 filled, 0 already there`,
    );
    expect(await listIds()).toEqual(truth.map(({ id }) => id));
    const midnight = us('2026-03-03T00:00:00Z');
    expect(await lake.listWrongBars(midnight - hourUs, midnight + hourUs)).toEqual([]);
    // A busy day is large: it is packed whatever the collector does.
    const dayDir = join(lake.root, 'raw/binance', symbol, '2026-03-04');
    expect(await readdir(dayDir)).toEqual([
      'manifest.jsonl',
      'part_0001.jsonl.zst',
      'part_0002.jsonl.zst',
    ]);
    expect(await readManifest('2026-03-02')).toMatchObject({ missing_trade_ids: [] });
    // A second time there is nothing left to be done, and nobody is asked.
    await lake.simulator.close();
    const again = await lake.backfill(span);
    expect(again.infos.join()).toContain('filled nothing; days: 0 filled, 2 already there');
  });

  it('of the running and the last day comes from REST where the archive has no file yet', async () => {
    const archive = { publishAfterMs: 7_200_000 };
    lake = await openBackfillLake(nowUs, { ...quiet, archive }, symbol);
    const run = await lake.backfill({ from: '2026-03-02', to: '2026-03-04' });
    expect(run).toMatchObject({ code: 0, errors: [] });
    const truth = listTruth('2026-03-02', '2026-03-05');
    expect(await listIds()).toEqual(truth.map(({ id }) => id));
    const rest = listTruth('2026-03-03', '2026-03-05').length;
    expect(run.infos.join()).toContain(
      `(${rest} from REST, ${truth.length - rest} from the archive)`,
    );
  });

  it('takes of a day that is there in part only the rest', async () => {
    lake = await openBackfillLake(nowUs, quiet, symbol);
    const [from, until] = [us('2026-03-02T06:00:00Z'), us('2026-03-02T18:00:00Z')];
    await lake.record(1, from, until);
    await lake.transform();
    const there = (await listIds()).length;
    const run = await lake.backfill({ from: '2026-03-02', to: '2026-03-02' });
    expect(run.infos.join()).toContain(
      `days: 1 filled, 0 already there; ${there} trades already there`,
    );
    const truth = listTruth('2026-03-02', '2026-03-03');
    expect(await listIds()).toEqual(truth.map(({ id }) => id));
    expect(await readManifest('2026-03-02')).toMatchObject({
      trades_filled: truth.length - there,
      duplicates_removed: 0,
    });
  });

  it('names what is wrong with an archive file, drops doubled rows, and fills lost ones by id', async () => {
    const archive = { dropEvery: 20, doubleEvery: 15 };
    lake = await openBackfillLake(nowUs, { ...quiet, archive }, symbol);
    const run = await lake.backfill({ from: '2026-03-03' });
    expect(run).toMatchObject({ code: 0, errors: [] });
    expect(run.warnings.join('\n')).toMatch(
      /read archive binance\/LTCUSDT 2026-03-03: \d+ ids missing/,
    );
    expect(run.warnings.join('\n')).toMatch(/2026-03-03: \d+ rows doubled/);
    const truth = listTruth('2026-03-03', '2026-03-04');
    const ids = await listIds();
    expect(ids.slice(0, -1)).toEqual(truth.map(({ id }) => id).slice(0, ids.length - 1));
    expect((await readManifest('2026-03-03'))!.missing_trade_ids).toEqual([]);
  });

  it('says which days nobody has, and which lie before the first trade', async () => {
    const absent = ['2026-03-02', '2026-03-03'].map((day) => `LTCUSDT-trades-${day}.zip`);
    const archive = { absent };
    lake = await openBackfillLake(nowUs, { ...quiet, historyMs: dayMs, archive }, symbol);
    const run = await lake.backfill({ from: '2026-03-01', to: '2026-03-03' });
    expect(run.infos.join()).toContain('days: 1 filled, 0 already there; 2 days before its first');
  });
});
