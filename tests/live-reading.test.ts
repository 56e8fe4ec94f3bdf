// The live views as a query reads them, and the tail beside lines that are no lines.

import { expect, it } from 'vitest';
import { parseConfig } from '../lake/config.ts';
import { openLakeSession } from '../tools/query/lake-session.ts';
import { makeLiveLake } from './live-lake.ts';
import { tradeLine, us } from './raw-lines.ts';

it('is made around a line that can not be read, within the memory it may take', async () => {
  const lake = await makeLiveLake();
  const at = us('2026-03-01T10:00:00Z');
  const lines = [
    tradeLine({ id: 1, us: at }),
    '{"recv":17',
    tradeLine({ id: 2, us: at + 1_000_000 }),
  ];
  await lake.writeOpen('2026-03-01', 0, lines.map((line) => `${line}\n`).join(''));
  try {
    await lake.refresh();
    const { trades } = await lake.readLive();
    expect(trades.map((row) => Number(row.trade_id))).toEqual([1, 2]);
  } finally {
    await lake.close();
  }
}, 60_000);

it('is read once by a query, so that what a run publishes meanwhile is neither doubled nor missing', async () => {
  const lake = await makeLiveLake();
  await lake.refresh();
  const session = await openLakeSession(parseConfig(`root: ${lake.root}`, {}));
  try {
    for (const view of ['bars_live', 'trades_live', 'bars_live_1h']) {
      const plan = JSON.stringify(await session.all(`EXPLAIN (ANALYZE, FORMAT json) FROM ${view}`));
      // The lake's files twice, before the tail and beside it; of the tail what is sealed and what is open.
      expect(plan.match(/Function[^A-Z]+READ_PARQUET/g)).toHaveLength(4);
    }
  } finally {
    session.close();
    await lake.close();
  }
}, 60_000);
