// Whoever reads the live views without asking for a refresh, while a lake is collected and transformed: what was shown
// once is shown from then on, and the newest second is never an older one than before.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseConfig } from '../lake/config.ts';
import { type LakeSession, openLakeSession } from '../tools/query/lake-session.ts';
import { readAgain } from '../tools/query/read-again.ts';
import { type LiveLake, makeLiveLake } from './live-lake.ts';
import { controlLine, quoteLine, tradeLine, us } from './raw-lines.ts';

const rounds = Number(process.env.LAKE_TEST_STEADY ?? 4);
const day = '2026-03-01';
const start = us('2026-03-01T23:58:30Z');
const partSeconds = 15;

let lake: LiveLake;
let session: LakeSession;
beforeAll(async () => {
  lake = await makeLiveLake();
  await lake.writePart('2026-02-28', 1, [tradeLine({ id: 1, us: us('2026-02-28T10:00:00Z') })]);
  expect(await lake.transform()).toBe(0);
  session = await openLakeSession(parseConfig(`root: ${lake.root}`, {}));
}, 60_000);
afterAll(async () => {
  session.close();
  await lake.close();
});

it('sees no bar and no trade vanish while parts are sealed, transformed and looked at', async () => {
  const seen = { bars_live: new Set<string>(), trades_live: new Set<string>() };
  let isOver = false;
  let reads = 0;
  async function read(): Promise<void> {
    while (!isOver) {
      await expectAll(seen.bars_live, 'SELECT window_start::VARCHAR AS key FROM bars_live');
      await expectAll(seen.trades_live, 'SELECT trade_id::VARCHAR AS key FROM trades_live');
      reads++;
    }
  }
  const reading = read();
  try {
    for (let round = 0; round < rounds; round++) await liveOn(round);
  } finally {
    isOver = true;
    await reading;
  }
  expect(reads).toBeGreaterThan(rounds);
  await lake.refresh();
  const shown = await lake.readLive();
  expect(shown).toEqual(await lake.readExpected());
  expect(shown.bars.length).toBe(1 + (rounds + 1) * partSeconds);
}, 600_000);

/** A part is sealed, the next one grows and is looked at, and a run transforms what is sealed. */
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
  const lines = [
    controlLine(start + number * partSeconds * 1e6, number === 0 ? 'subscribed' : 'listening'),
  ];
  for (let second = 0; second < seconds; second++) {
    const at = number * partSeconds + second;
    lines.push(quoteLine(start + at * 1e6 + 1000, at, '99', '101'));
    lines.push(tradeLine({ id: 1000 + at, us: start + at * 1e6 + 2000 }));
  }
  return lines.map((line) => `${line}\n`).join('');
}

async function expectAll(seen: Set<string>, sql: string): Promise<void> {
  const rows = await readAgain(lake.root, () => session.all(sql));
  const keys = new Set(rows.map(({ key }) => String(key)));
  expect([...seen].filter((key) => !keys.has(key))).toEqual([]);
  for (const key of keys) seen.add(key);
}
