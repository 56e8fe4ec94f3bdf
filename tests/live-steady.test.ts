// Whoever reads the live views without asking for a refresh, while a lake is collected and transformed: what was shown
// once is shown from then on, and so the newest second is never an older one than before.

import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../lake/config.ts';
import { rawDayDir } from '../lake/layout.ts';
import { appendPartRecord } from '../lake/part-manifest.ts';
import { type LakeSession, openLakeSession } from '../tools/query/lake-session.ts';
import { readAgain } from '../tools/query/read-again.ts';
import { digestFile } from '../transformer/parts.ts';
import { type LiveLake, makeLiveLake } from './live-lake.ts';
import { controlLine, quoteLine, tradeLine, us } from './raw-lines.ts';

const rounds = Number(process.env.LAKE_TEST_STEADY ?? 1);
const day = '2026-03-01';
const start = us('2026-03-01T23:58:30Z');
const partSeconds = 15;

let lake: LiveLake;
let session: LakeSession;
beforeEach(async () => {
  lake = await makeLiveLake();
  await lake.writePart('2026-02-27', 1, [tradeLine({ id: 1, us: us('2026-02-27T10:00:00Z') })]);
  expect(await lake.transform()).toBe(0);
  session = await openLakeSession(parseConfig(`root: ${lake.root}`, {}));
}, 60_000);
afterEach(async () => {
  session.close();
  await lake.close();
});

describe('no bar and no trade vanishes from the live views', () => {
  it('while parts are sealed, looked at and transformed', async () => {
    await watch(async () => {
      for (let round = 0; round < rounds; round++) await liveOn(round);
    });
    await lake.refresh();
    const shown = await lake.readLive();
    expect(shown).toEqual(await lake.readExpected());
    expect(shown.bars.length).toBe(1 + (rounds + 1) * partSeconds);
  }, 600_000);

  it('while a tail of many parts is made anew beside what a run has published', async () => {
    for (const number of [1, 2, 3]) await writeLargePart(number);
    await lake.refresh();
    await lake.writePart('2026-02-28', 1, [tradeLine({ id: 50, us: us('2026-02-28T10:00:00Z') })]);
    await watch(async () => {
      expect(await lake.transform({ date: '2026-02-28' })).toBe(0);
      for (const number of [4, 5]) await writeLargePart(number);
      await lake.refresh();
    });
    expect(await lake.readLive()).toEqual(await lake.readExpected());
  }, 600_000);
});

/** Reads all the time while `work` is done, and once more. */
async function watch(work: () => Promise<void>): Promise<void> {
  const seen = { bars: new Set<string>(), trades: new Set<string>() };
  const read = async () => {
    await expectAll(seen.bars, 'SELECT window_start::VARCHAR AS key FROM bars_live');
    await expectAll(seen.trades, 'SELECT trade_id::VARCHAR AS key FROM trades_live');
  };
  await read();
  let isOver = false;
  const working = work().finally(() => {
    isOver = true;
  });
  try {
    while (!isOver) await read();
  } finally {
    await working;
  }
  await read();
}

async function expectAll(seen: Set<string>, sql: string): Promise<void> {
  const rows = await readAgain(lake.root, () => session.all(sql));
  const keys = new Set(rows.map(({ key }) => String(key)));
  expect([...seen].filter((key) => !keys.has(key))).toEqual([]);
  for (const key of keys) seen.add(key);
}

/** A part is sealed, the next one grows and is looked at now and then, and a run transforms what is sealed. */
async function liveOn(round: number): Promise<void> {
  await lake.writeOpen(day, round + 1, formatPart(round, partSeconds));
  await lake.refresh();
  await lake.seal(day, round + 1);
  await lake.writeOpen(day, round + 2, formatPart(round + 1, 5));
  if (round % 2 === 0) await lake.refresh();
  await lake.writeOpen(day, round + 2, formatPart(round + 1, partSeconds));
  if (round % 3 === 0) await lake.refresh();
  expect(await lake.transform()).toBe(0);
}

/** A trade a second, and a quote. */
function formatPart(number: number, seconds: number): string {
  const first = number * partSeconds;
  const lines = [controlLine(start + first * 1e6, number === 0 ? 'subscribed' : 'listening')];
  for (let second = first; second < first + seconds; second++) {
    lines.push(quoteLine(start + second * 1e6 + 1000, second, '99', '101'));
    lines.push(tradeLine({ id: 1000 + second, us: start + second * 1e6 + 2000 }));
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** One of which the manifest says that it is read by itself. */
async function writeLargePart(number: number): Promise<void> {
  await lake.writeOpen(day, number, formatPart(number - 1, partSeconds));
  await lake.seal(day, number);
  const dayDir = rawDayDir(lake.root, { exchange: 'binance', symbol: 'BTCUSDT' }, day);
  const part = `part_000${number}.jsonl`;
  const times = { first_recv: start, last_recv: start, first_event: start, last_event: start };
  await appendPartRecord(dayDir, {
    part,
    bytes: 100 * 1024 * 1024,
    lines: 1 + 2 * partSeconds,
    sha256: await digestFile(join(dayDir, part)),
    streams: {},
    ...times,
    first_trade_id: null,
    last_trade_id: null,
  });
}
