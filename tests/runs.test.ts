// However the same parts are spread over transform runs, and in whatever order they come, the
// partitions have the same bytes, and say what a plain implementation says.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { computeBars } from './plain-bars.ts';
import { readClockOffsets, readCoverage } from './plain-coverage.ts';
import { controlLine, fillLine, quoteLine, tradeLine, us } from './raw-lines.ts';
import { makeScratchLake } from './scratch-lake.ts';

const startUs = us('2026-03-01T23:59:30Z');
const partSeconds = 10;

type Scenario = {
  /** Lines of each part, in the order of writing. */
  parts: string[][];
};

const restRow = ({
  id,
  us: timeUs,
  price = '7.5',
}: {
  id: number;
  us: number;
  price?: string;
}) => ({
  id,
  price,
  qty: '1.25',
  time: timeUs,
  isBuyerMaker: id % 2 === 0,
});
const aggregateRow = (f: number, l: number, timeUs: number) => ({
  a: 1,
  p: '3.25',
  q: '2',
  f,
  l,
  T: timeUs,
  m: true,
});

/** Parts of about 10 s across midnight: trades, quotes, copies, late and lost ones, a reconnect. */
const scenario = fc
  .record({
    partCount: fc.integer({ min: 2, max: 7 }),
    steps: fc.array(
      fc.record({
        gapUs: fc.oneof(
          fc.integer({ min: 0, max: 300_000 }),
          fc.integer({ min: 0, max: 4_000_000 }),
        ),
        kind: fc.constantFrom(
          'trade',
          'trade',
          'quote',
          'quote',
          'quote',
          'lost',
          'copy',
          'late',
          'rest',
          'archive',
          'aggregates',
          'clock',
        ),
        cents: fc.integer({ min: 1, max: 5_000_000_000 }),
        lots: fc.integer({ min: 1, max: 2_000_000_000 }),
        flag: fc.boolean(),
      }),
      { minLength: 5, maxLength: 80 },
    ),
    offsetUs: fc.constantFrom(0, 1_270_000, -300_000),
    closedPart: fc.integer({ min: 0, max: 9 }),
  })
  .map(({ partCount, steps, offsetUs, closedPart }): Scenario => {
    const parts: string[][] = Array.from({ length: partCount }, () => []);
    const recvOf = (timeUs: number) => timeUs - offsetUs;
    const partOf = (recv: number) =>
      Math.max(
        0,
        Math.min(partCount - 1, Math.floor((recv - recvOf(startUs)) / (partSeconds * 1e6))),
      );
    const trades: { id: number; timeUs: number; line: string }[] = [];
    let timeUs = startUs;
    let id = 100;
    for (const [index, step] of steps.entries()) {
      timeUs += step.gapUs;
      const recv = recvOf(timeUs);
      const decimal = (units: number) => (units / 1e5).toFixed(5);
      if (step.kind === 'quote') {
        const ask = decimal(step.cents + step.lots);
        parts[partOf(recv)]!.push(quoteLine(recv, 1000 + index, decimal(step.cents), ask));
        if (step.flag)
          parts[partOf(recv)]!.push(quoteLine(recv + 7, 1000 + index, decimal(step.cents), ask));
        continue;
      }
      if (step.kind === 'copy' || step.kind === 'late') {
        const earlier = trades[step.cents % Math.max(1, trades.length)];
        if (earlier !== undefined) parts[step.lots % partCount]!.push(earlier.line);
        continue;
      }
      if (step.kind === 'clock') {
        const fields = { offset_us: offsetUs + (step.cents % 50_000), round_trip_us: 9000 };
        parts[partOf(recv)]!.push(controlLine(recv, 'clock', 'c1', fields));
        continue;
      }
      const tradeId = id++;
      if (step.kind === 'lost') continue;
      const fill = { id: tradeId, us: timeUs, price: decimal(step.cents) };
      if (step.kind === 'rest' || step.kind === 'archive') {
        // Of some the other source has a copy; some come with trades that are known.
        const known = trades.slice(-(step.cents % 3)).filter(() => step.flag);
        const rows = [fill, ...known.map((trade) => ({ id: trade.id, us: trade.timeUs }))];
        parts[step.lots % partCount]!.push(fillLine(recv, step.kind, rows.map(restRow)));
        if (step.flag)
          parts[step.cents % partCount]!.push(fillLine(recv + 9, 'rest', [restRow(fill)]));
        continue;
      }
      if (step.kind === 'aggregates') {
        const rows = [aggregateRow(tradeId, tradeId, timeUs), aggregateRow(90, 95, timeUs)];
        parts[step.lots % partCount]!.push(fillLine(recv, 'rest', rows));
        continue;
      }
      const line = tradeLine({
        id: tradeId,
        us: timeUs,
        recv,
        price: decimal(step.cents),
        quantity: decimal(step.lots),
        maker: step.flag,
      });
      trades.push({ id: tradeId, timeUs, line });
      parts[partOf(recv)]!.push(line);
    }
    for (const [index, lines] of parts.entries()) {
      const fromUs = recvOf(startUs) + index * partSeconds * 1e6;
      const toUs = fromUs + partSeconds * 1e6;
      const isCut = index === closedPart;
      lines.unshift(controlLine(fromUs, index === 0 ? 'subscribed' : 'listening'));
      lines.push(controlLine(toUs, isCut ? 'close' : 'rotate'));
    }
    return { parts };
  });

async function writeParts(
  lake: Awaited<ReturnType<typeof makeScratchLake>>,
  parts: readonly string[][],
  indices: readonly number[],
) {
  for (const index of indices) await lake.writePart('2026-03-01', index + 1, parts[index]!);
}

it('gives the same bytes for any partition of the same parts into runs, in any order', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, fc.infiniteStream(fc.nat(1_000_000)), async ({ parts }, numbers) => {
      const random = () => numbers.next().value;
      const order = parts.map((_, index) => ({ index, key: random() }));
      const shuffled = order.sort((a, b) => a.key - b.key).map(({ index }) => index);
      const whole = await makeScratchLake();
      await writeParts(whole, parts, shuffled);
      expect(await whole.transform()).toBe(0);
      const pieces = await makeScratchLake();
      for (let at = 0; at < shuffled.length; ) {
        const next = at + 1 + (random() % 3);
        await writeParts(pieces, parts, shuffled.slice(at, next));
        expect(await pieces.transform()).toBe(0);
        at = next;
      }
      expect(await pieces.digestPartitions()).toEqual(await whole.digestPartitions());
      const coverage = readCoverage(parts);
      const bars = computeBars(parts.flat(), coverage, readClockOffsets(parts));
      const hasFiles = Object.keys(await whole.digestPartitions()).length > 0;
      expect(hasFiles ? await whole.readBars() : []).toEqual(bars);
    }),
    { numRuns: Number(process.env.LAKE_TEST_RUNS ?? 4) },
  );
}, 600_000);

it('gives the same bytes for a day of several row groups, in one run and in three', async () => {
  // A row group has 122,880 rows.
  const count = 300_000;
  // Across midnight, so that the second day begins in the middle of a row group of the first.
  const firstUs = us('2026-03-02T00:00:00Z') - 150_000_000;
  const lines = Array.from({ length: count }, (_, index) =>
    tradeLine({
      id: index + 1,
      us: firstUs + index * 1000,
      price: `${1 + (index % 997)}.5`,
    }),
  );
  const whole = await makeScratchLake();
  const pieces = await makeScratchLake();
  const cuts = [0, 125_001, 140_000, count];
  for (let part = 1; part < cuts.length; part++) {
    const own = lines.slice(cuts[part - 1], cuts[part]);
    await whole.writePart('2026-03-01', part, own);
    await pieces.writePart('2026-03-01', part, own);
    await pieces.transform();
  }
  await whole.transform();
  expect(await pieces.digestPartitions()).toEqual(await whole.digestPartitions());
}, 200_000);
