// When a collector was listening, by the transformer and by a second, plain reading of the same lines: random
// lives of collectors that name their connections alike, in parts that are cut anywhere.

import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findExchange } from '../exchanges/exchanges.ts';
import { parseConfig } from '../lake/config.ts';
import { silentLog } from '../lake/log.ts';
import { mergeCoverage, type PartCoverage } from '../transformer/coverage.ts';
import { extractBatch } from '../transformer/extract.ts';
import { openTransformSession, readVenueSql, statements } from '../transformer/session.ts';
import { type RawPart, readCoverage } from './plain-coverage.ts';
import { controlLine, tradeLine, us } from './raw-lines.ts';
import { makeScratchLake } from './scratch-lake.ts';

const day = '2026-03-01';
const startUs = us('2026-03-01T10:00:00Z');

const step = fc.record({
  /** Whose turn it is: two collectors, the second one's parts imported between those of the first. */
  collector: fc.constantFrom(0, 0, 0, 1),
  event: fc.constantFrom(
    ...(['trade', 'trade', 'trade', 'cut', 'cut', 'cut', 'crash', 'reconnect', 'attempt'] as const),
  ),
  waitUs: fc.oneof(fc.integer({ min: 0, max: 1_200_000 }), fc.integer({ min: 0, max: 12_000_000 })),
  /** What the clock is set by, now and then. */
  setUs: fc.oneof(
    { weight: 12, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: -9_000_000, max: 9_000_000 }) },
  ),
  lateUs: fc.integer({ min: -1_300_000, max: 3_000_000 }),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** The lines of each part, in the order in which the parts were sealed. */
function live(steps: readonly Step[]): string[][] {
  const parts: string[][] = [];
  const collectors = [0, 1].map(() => ({ offsetUs: 0, conn: 0, lines: [] as string[] }));
  let nowUs = startUs;
  for (const [id, { collector, event, waitUs, setUs, lateUs }] of steps.entries()) {
    const own = collectors[collector]!;
    nowUs += waitUs;
    own.offsetUs += setUs;
    const recv = nowUs + own.offsetUs;
    const say = (name: string) => own.lines.push(controlLine(recv, name, `c${own.conn}`));
    const seal = () => {
      if (own.lines.length > 0) parts.push(own.lines);
      own.lines = [];
    };
    if (event === 'crash') {
      seal();
      own.conn = 0;
    } else if (own.conn === 0 || event === 'reconnect') {
      if (own.conn > 0) say('close');
      own.conn++;
      for (const name of ['open', 'subscribed']) say(name);
    } else if (event === 'cut') {
      say('rotate');
      seal();
      say('listening');
    } else if (event === 'attempt') {
      own.lines.push(...['open', 'close'].map((name) => controlLine(recv, name, 'c9')));
    } else {
      own.lines.push(tradeLine({ id, us: nowUs - lateUs, recv, conn: `c${own.conn}` }));
    }
  }
  return [...parts, ...collectors.map(({ lines }) => lines)].filter((lines) => lines.length > 0);
}

/** What the transformer keeps of the parts of several lives, each of which it then merges by itself. */
async function extract(lives: readonly string[][][]): Promise<PartCoverage[][]> {
  const lake = await makeScratchLake();
  const session = await openTransformSession(parseConfig(`root: ${lake.root}`, {}));
  const venue = readVenueSql(findExchange('binance')!.sqlDir);
  const batch = lives.flat().map((_, index) => {
    const file = `part_${String(index + 1).padStart(4, '0')}.jsonl`;
    const name = join('raw/binance/BTCUSDT', day, file);
    const part = { name, path: join(lake.root, name), day, number: index + 1 };
    return { ...part, bytes: 1, compression: 'none' as const, sha256: 'unread' };
  });
  for (const [index, lines] of lives.flat().entries()) await lake.writePart(day, index + 1, lines);
  await session.run(statements.tables);
  const extraction = { session, venue, scratchDir: lake.root, log: silentLog };
  const entries = await extractBatch(
    { ...extraction, keepBadLines: async () => {}, listDoneDays: async () => [] },
    batch,
    [],
  );
  session.close();
  return lives.map((parts) => entries.splice(0, parts.length));
}

const listRaw = (parts: readonly string[][]): RawPart[] => parts.map((lines) => ({ day, lines }));

it('covers what a plain reading of the lines says was heard, however parts are cut and take turns', async () => {
  const lives = fc.array(fc.array(step, { minLength: 10, maxLength: 120 }).map(live), {
    minLength: 1,
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(lives, async (some) => {
      const extracted = await extract(some);
      expect(extracted.map(mergeCoverage)).toEqual(some.map(listRaw).map(readCoverage));
    }),
    { numRuns: 4, endOnFailure: true },
  );
}, 60_000);
