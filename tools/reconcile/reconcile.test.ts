import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openDuckdb, type Row } from '../../lake/duckdb.ts';
import { listNames } from '../../lake/durable.ts';
import { partitionManifestPath, partitionPath } from '../../lake/layout.ts';
import { readPartitionManifest } from '../../lake/partition-manifest.ts';
import { readStatus, reconcileStatusSchema } from '../../lake/status.ts';
import { type BackfillLake, openBackfillLake } from '../../tests/backfill-lake.ts';
import { tradeLine, us } from '../../tests/raw-lines.ts';
import { writeCatalog } from '../../transformer/catalog.ts';
import type { ReconcileOutcome } from './outcome.ts';
import { runReconcile } from './reconcile.ts';

const day = '2026-03-03';
const at = (time: string, of = day) => us(`${of}T${time}Z`);
const instrument = { exchange: 'binance', symbol: 'BTCUSDT' };
const [from, until] = [at('09:50:00'), at('09:52:00')];

let lake: BackfillLake;
let proxy: Server | undefined;
afterEach(async () => {
  await lake.close();
  await closeProxy();
});

async function closeProxy(): Promise<void> {
  proxy?.closeAllConnections();
  await new Promise((done) => (proxy === undefined ? done(undefined) : proxy.close(done)));
  proxy = undefined;
}

const readManifest = (dataset: 'bars_1s' | 'trades' = 'bars_1s', of = day) =>
  readPartitionManifest(partitionManifestPath(lake.root, dataset, instrument, of));

async function readOutcome(of = day): Promise<ReconcileOutcome> {
  const bars = (await readManifest('bars_1s', of))!.reconcile;
  expect((await readManifest('trades', of))!.reconcile).toEqual(bars);
  return bars as ReconcileOutcome;
}

const readParts = async (of = day) =>
  (await listNames(join(lake.root, 'raw/binance/BTCUSDT', of))).filter((name) =>
    /^part/.test(name),
  );

/** Rows of the view `reconcile`, as the lake's catalog has it. */
async function ask(sql: string): Promise<Row[]> {
  const path = join(lake.root, 'lake.duckdb');
  const spillDir = join(lake.root, 'state/spill');
  const options = { path, memoryLimit: '200MB', threads: 1, spillDir, readOnly: true };
  const session = await openDuckdb(options);
  try {
    return await session.all(sql);
  } finally {
    session.close();
  }
}

/** The ids of the trades in a time. */
const listIds = (fromUs: number, untilUs: number) =>
  lake.simulator.truth.trades('BTCUSDT', fromUs, untilUs).map(({ id }) => id);

/** The middle trade of the recorded time. */
const findMiddle = () => {
  const trades = lake.simulator.truth.trades('BTCUSDT', from, until);
  return trades[Math.floor(trades.length / 2)]!;
};

/** REST that answers klines as `change` says, and everything else as the exchange does. */
type Rows = unknown[][];
async function changeKlines(change: (rows: Rows) => Rows | Promise<Rows>): Promise<void> {
  const { restUrl } = lake.simulator;
  await closeProxy();
  proxy = createServer(async (request, response) => {
    const answer = await fetch(`${restUrl}${request.url}`, {
      headers: { 'X-MBX-TIME-UNIT': 'MICROSECOND' },
    });
    const rows = await answer.json();
    const isKlines = request.url!.startsWith('/api/v3/klines');
    response.end(JSON.stringify(isKlines ? await change(rows as Rows) : rows));
  });
  await new Promise<void>((done) => proxy!.listen(0, '127.0.0.1', done));
  lake.setRestUrl(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
}

const reconcile = (options = {}) => lake.run(runReconcile, options);

describe('published bars', () => {
  it('equal the exchange’s klines in every column, and the manifests say so', async () => {
    lake = await openBackfillLake(at('10:00:00'), { rate: 0.5 });
    await lake.record(1, from, until);
    await lake.transform();
    const before = (await readManifest())!;
    expect(await reconcile()).toMatchObject({ code: 0, errors: [], warnings: [] });
    const { reconcile: outcome, ...rest } = (await readManifest())!;
    expect({ ...rest, reconcile: null }).toEqual(before);
    const compared = before.rows - 3;
    const none = { differences: 0, missing_here: 0, missing_there: 0, defects: 0, resolved: 0 };
    expect(outcome).toMatchObject({ source: 'rest', seconds_compared: compared, ...none });
    await writeCatalog({ root: lake.root });
    expect(await ask('SELECT count(*)::INTEGER AS n FROM reconcile')).toEqual([{ n: 0 }]);
  });

  it('that lack a trade or are missing are found, filled once, and resolved as a revision', async () => {
    lake = await openBackfillLake(at('10:00:00'), { rate: 0.5 });
    const [holeFrom, holeUntil] = [at('09:50:20'), at('09:50:30')];
    const lost = findMiddle();
    await lake.record(1, from, holeFrom);
    await lake.record(2, holeUntil, until, (id) => id === lost.id);
    await lake.transform();
    const before = (await readManifest())!;
    expect(await reconcile()).toMatchObject({ code: 0, errors: [] });
    const outcome = await readOutcome();
    expect(outcome).toMatchObject({ differences: 0, missing_here: 0, unresolved: [] });
    expect(outcome.resolved).toBeGreaterThan(1);
    expect((await readManifest())!.revision).toBe(before.revision + 1);
    expect((await readManifest('trades'))!.missing_trade_ids).toEqual([]);
    expect(await lake.listWrongBars(from, until)).toEqual([]);
    const seconds = await ask(
      `SELECT kind, state, min(epoch(window_start))::BIGINT AS first
       FROM reconcile WHERE column_name = 'trade_count' GROUP BY ALL ORDER BY first`,
    );
    expect(seconds).toMatchObject([
      { kind: 'missing_here', state: 'resolved' },
      { kind: 'difference', state: 'resolved', first: String(Math.floor(lost.timeUs / 1e6)) },
    ]);
    expect(await readParts()).toHaveLength(4);
  });

  it('that a fill does not mend stay named, in the status too, and are filled no second time', async () => {
    lake = await openBackfillLake(at('10:00:00'), { rate: 0.5 });
    const { id, timeUs, quantity, buyerIsMaker } = findMiddle();
    await lake.record(1, from, until, (other) => other === id);
    const damaged = tradeLine({ id, us: timeUs, price: '1.5', quantity, maker: buyerIsMaker });
    await lake.writePart(day, 2, [damaged]);
    await lake.transform();
    const first = await reconcile();
    expect(first).toMatchObject({ code: 1, warnings: [] });
    expect(first.errors.join()).toContain(`ask FROM reconcile WHERE state = 'unresolved'`);
    const parts = await readParts();
    expect(parts).toHaveLength(3);
    const outcome = await readOutcome();
    expect(outcome.differences).toBeGreaterThan(1);
    expect(outcome.unresolved[0]).toMatchObject({
      second: new Date(Math.floor(timeUs / 1e6) * 1000).toISOString().replace('.000Z', 'Z'),
      kind: 'difference',
    });
    expect(outcome.unresolved.find(({ column_name }) => column_name === 'low')!.ours).toBe(1.5);
    const status = await readStatus(lake.root, 'reconcile', reconcileStatusSchema);
    expect(status!.unresolved).toMatchObject([{ ...instrument, day, missing_here: 0 }]);
    lake.forward(60_000_000);
    expect((await reconcile()).code).toBe(1);
    expect((await reconcile({ date: day })).code).toBe(1);
    expect(await readParts()).toEqual(parts);
  });

  it('that somebody has changed are found, and made anew', async () => {
    lake = await openBackfillLake(at('10:00:00'), { rate: 0.5 });
    await lake.record(1, from, until);
    await lake.transform();
    const second = Math.floor(findMiddle().timeUs / 1e6);
    const path = partitionPath(lake.root, 'bars_1s', instrument, day);
    const published = await readFile(path);
    await lake.query(
      `COPY (SELECT * REPLACE (
               CASE WHEN epoch(window_start) = ${second} THEN high + 1 ELSE high END AS high)
             FROM read_parquet('${path}') ORDER BY window_start) TO '${path}' (FORMAT parquet)`,
    );
    expect((await reconcile()).code).toBe(0);
    expect(await readFile(path)).toEqual(published);
    expect(await readOutcome()).toMatchObject({ differences: 0, resolved: 1 });
  });

  it('of the last minute are judged by the next run', async () => {
    lake = await openBackfillLake(at('09:52:20'), { rate: 0.5 });
    const lost = listIds(at('09:51:40'), at('09:51:50'))[3]!;
    await lake.record(1, from, until, (id) => id === lost);
    await lake.transform();
    expect(await reconcile()).toMatchObject({ code: 0, errors: [], warnings: [] });
    expect(await readOutcome()).toMatchObject({ differences: 0, resolved: 0 });
    lake.forward(120_000_000);
    expect((await reconcile()).code).toBe(0);
    expect((await readOutcome()).resolved).toBeGreaterThan(0);
    expect(await lake.listWrongBars(from, until)).toEqual([]);
  });
});

describe('seconds', () => {
  it('without a kline in which nobody traded are maintenance, and no difference', async () => {
    lake = await openBackfillLake(at('10:00:00'), { rate: 0.05 });
    await lake.record(1, from, until);
    await lake.transform();
    const quiet = lake.simulator.truth
      .klines('BTCUSDT', '1s', at('09:50:30'), at('09:51:30'))
      .filter(({ tradeCount }) => tradeCount === 0)
      .map(({ openTimeUs }) => openTimeUs);
    expect(quiet.length).toBeGreaterThan(5);
    await changeKlines((rows) => rows.filter(([openUs]) => !quiet.includes(Number(openUs))));
    expect(await reconcile()).toMatchObject({ code: 0, errors: [], warnings: [] });
    const outcome = await readOutcome();
    expect(outcome).toMatchObject({ defects: quiet.length, missing_there: 0, differences: 0 });
    expect(outcome.defect_ranges[0]!.kind).toBe('maintenance');
    expect(await readParts()).toHaveLength(1);
  });

  it('of which a kline says other than the exchange’s own trades are a defect of the kline', async () => {
    lake = await openBackfillLake(at('10:00:00'), { rate: 0.5 });
    await lake.record(1, from, until);
    await lake.transform();
    const second = Math.floor(findMiddle().timeUs / 1e6) * 1e6;
    await changeKlines((rows) => rows.filter(([openUs]) => openUs !== second));
    expect(await reconcile()).toMatchObject({ code: 0, errors: [], warnings: [] });
    expect(await readOutcome()).toMatchObject({ missing_there: 0, defects: 1, unresolved: [] });
    expect(await reconcile({ date: day })).toMatchObject({ code: 0, warnings: [] });
    const rows = await ask('SELECT kind, state FROM reconcile');
    expect(rows).toEqual([{ kind: 'kline_defect', state: 'defect' }]);
    await changeKlines((rows) => rows);
    expect((await reconcile({ date: day })).code).toBe(0);
    expect(await readOutcome()).toMatchObject({ defects: 0, resolved: 0 });
  });

  it('with a trade the exchange does not know are a difference that stays', async () => {
    lake = await openBackfillLake(at('10:00:00'), { rate: 0.5 });
    await lake.record(1, from, until);
    const { timeUs } = findMiddle();
    await lake.writePart(day, 2, [tradeLine({ id: 5_000_000_000, us: timeUs })]);
    await lake.transform();
    expect((await reconcile()).code).toBe(1);
    const { unresolved } = await readOutcome();
    expect(unresolved.map(({ column_name }) => column_name)).toContain('trade_count');
  });
});

describe('a finished day', () => {
  const next = '2026-03-04';

  it('is compared with the archive, whose own defects are named as such, once', async () => {
    const archive = { dropEvery: 50, doubleEvery: 70 };
    lake = await openBackfillLake(at('00:30:00', next), { rate: 0.2, archive });
    await lake.record(1, at('23:50:00'), at('00:00:00', next));
    await lake.record(1, at('00:00:00', next), at('00:05:00', next));
    await lake.transform();
    expect(await reconcile()).toMatchObject({ code: 0, errors: [], warnings: [] });
    const outcome = await readOutcome();
    expect(outcome).toMatchObject({ source: 'archive', differences: 0, unresolved: [] });
    const kinds = await ask('SELECT DISTINCT kind, state FROM reconcile ORDER BY kind');
    expect(kinds).toEqual([
      { kind: 'archive_doubled_row', state: 'defect' },
      { kind: 'archive_missing_row', state: 'defect' },
    ]);
    expect((await readOutcome(next)).source).toBe('rest');
    await lake.simulator.close();
    const nothing = {
      infos: [],
      warnings: [],
      errors: [],
      printed: 'reconcile: nothing due; no day differs\n',
    };
    expect(await reconcile()).toEqual({ code: 0, ...nothing });
  });

  it('is waited for where the archive has no file of it yet, and compared by REST when asked for', async () => {
    const archive = { publishAfterMs: 3_600_000 };
    lake = await openBackfillLake(at('00:30:00', next), { rate: 0.2, archive });
    await lake.record(1, at('23:50:00'), at('00:00:00', next));
    await lake.record(1, at('00:00:00', next), at('00:05:00', next));
    await lake.transform();
    const run = await reconcile();
    expect(run.infos.join('\n')).toContain(`${day}: the archive has no klines of it yet`);
    expect(await readOutcome()).toMatchObject({ source: 'rest', differences: 0 });
    const asked = await reconcile({ date: day });
    expect(asked.code).toBe(0);
    expect(asked.printed).toMatch(
      /^binance\/BTCUSDT 2026-03-03 by rest: \d+ seconds compared, equal/,
    );
    lake.forward(3_600_000_000);
    await reconcile();
    expect(await readOutcome()).toMatchObject({ source: 'archive', differences: 0 });
  });
});

describe('a run', () => {
  it('says that nothing could be compared, and ends with 1, when REST refuses', async () => {
    lake = await openBackfillLake(at('10:00:00'), { rate: 0.5 });
    await lake.record(1, from, until);
    await lake.transform();
    lake.simulator.faults.failRest(400, 1000);
    const run = await reconcile();
    expect(run.code).toBe(1);
    expect(run.errors.join()).toContain('reconcile binance/BTCUSDT: ');
    const status = await readStatus(lake.root, 'reconcile', reconcileStatusSchema);
    expect(status!.last_run).toMatchObject({ ok: false, seconds_compared: 0 });
    expect((await readManifest())!.reconcile).toBeNull();
  });

  it('ends with 0 when it is stopped, and the next one goes on', async () => {
    lake = await openBackfillLake(at('10:00:00'), { rate: 0.5 });
    await lake.record(1, from, until);
    await lake.transform();
    const abort = new AbortController();
    await changeKlines(() => {
      abort.abort();
      return new Promise(() => {});
    });
    expect(await lake.run(runReconcile, {}, abort.signal)).toMatchObject({ code: 0, errors: [] });
    expect((await readManifest())!.reconcile).toBeNull();
    await changeKlines((rows) => rows);
    expect((await reconcile()).code).toBe(0);
    expect((await readOutcome()).differences).toBe(0);
  });

  it('says that there are no bars', async () => {
    lake = await openBackfillLake(at('10:00:00'), { rate: 0.5 });
    expect((await reconcile()).code).toBe(0);
    const run = await reconcile({ date: day });
    expect([run.code, run.printed]).toEqual([0, `${day}: there are no bars to compare\n`]);
    await expect(reconcile({ symbol: 'BTCUSD' })).rejects.toThrow('run --mode transform first');
    await expect(reconcile({ date: '2026-02-30' })).rejects.toThrow('is no UTC day');
  });
});
