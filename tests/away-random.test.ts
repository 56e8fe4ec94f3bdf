// Random lives of a lake whose days are sent away and brought back while parts come in, in any order: no
// revision ever holds less than the one before, and in the end the lake is what one run over all its parts
// makes of them.

import { rm } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addDays, type Day } from '../lake/day.ts';
import { partitionManifestPath } from '../lake/layout.ts';
import { readPartitionManifest } from '../lake/partition-manifest.ts';
import { at, describeParts, type GoldenPart, instrument, ticks } from './described-lake.ts';
import { controlLine, restLine } from './raw-lines.ts';
import { makeScratchLake, type ScratchLake } from './scratch-lake.ts';
import { addStore, type StoredLake, today } from './stored-lake.ts';

const runs = Number(process.env.LAKE_TEST_AWAYS ?? 1);
const days: readonly Day[] = [0, 1, 2].map((offset) => addDays('2026-03-01', offset));
/** Each day has ids 10 n to 10 n + 5; of these 10 n + 3 comes by a fill alone. */
const missingOf = (index: number) => 10 * index + 3;

function listLiveParts(): GoldenPart[] {
  return days.flatMap((day, index): GoldenPart[] => {
    const id = 10 * index;
    const next = days[index + 1];
    return [
      {
        day,
        number: 1,
        lines: [
          controlLine(at(day, '00:00:30'), 'subscribed'),
          ...ticks(day, id + 1, ['00:00:40', '06:00:00']),
          ...ticks(day, id + 4, ['18:00:00']),
          controlLine(at(day, '18:00:10'), 'close'),
        ],
      },
      {
        day,
        number: 2,
        lines: [
          controlLine(at(day, '23:59:50'), 'subscribed'),
          ...ticks(day, id + 5, ['23:59:55']),
          ...(next === undefined ? [] : ticks(next, id + 10, ['00:00:05'])),
          controlLine(at(next ?? day, next === undefined ? '23:59:58' : '00:00:20'), 'close'),
        ],
      },
    ];
  });
}

/** Received today: the trade each day lacks. */
function listFills(): GoldenPart[] {
  return days.map((day, index) => ({
    day: today,
    number: index + 1,
    lines: [
      restLine(at(today, `0${index}:10:00`), [{ id: missingOf(index), us: at(day, '12:00:00') }]),
    ],
  }));
}

const parts = [...listLiveParts(), ...listFills()];

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ write: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.constant({ transform: true }) },
  { weight: 3, arbitrary: fc.constant({ release: true }) },
  { weight: 1, arbitrary: fc.record({ restore: fc.constantFrom(...days) }) },
);

it(
  'a lake whose days come and go loses nothing, and ends as any other',
  async () => {
    const whole = await makeScratchLake();
    for (const part of parts) await whole.writePart(part.day, part.number, part.lines);
    await describeParts(whole.root);
    await whole.transform();
    const wanted = await whole.digestPartitions();
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...parts.keys()], { minLength: parts.length }),
        fc.array(step, { minLength: 3, maxLength: 5 }),
        async (order, steps) => {
          const held = await live(
            order.map((index) => parts[index]!),
            steps,
          );
          expect(held).toEqual(wanted);
        },
      ),
      { numRuns: runs, endOnFailure: true },
    );
    await rm(whole.root, { recursive: true });
  },
  60_000 + runs * 60_000,
);

type Step = { write: number } | { transform: true } | { release: true } | { restore: Day };

/** What the lake holds in the end, when everything is back. */
async function live(order: readonly GoldenPart[], steps: readonly object[]) {
  const lake = await makeScratchLake();
  const stored = await addStore(lake.root);
  const coming = [...order];
  await write(lake, coming.splice(0, order.length / 2));
  await sendAway(lake, stored);
  for (const each of steps as readonly Step[]) {
    if ('write' in each) await write(lake, coming.splice(0, each.write));
    else if ('transform' in each) await transform(lake);
    else if ('release' in each) await sendAway(lake, stored);
    else await stored.restore({ date: each.restore }).catch(() => 1);
  }
  await write(lake, coming);
  await sendAway(lake, stored);
  expect(await stored.restore({ from: days[0], to: days.at(-1) })).toBe(0);
  expect(await lake.transform()).toBe(0);
  const digests = await lake.digestPartitions();
  await rm(lake.root, { recursive: true });
  await stored.remove();
  return digests;
}

async function write(lake: ScratchLake, coming: readonly GoldenPart[]): Promise<void> {
  for (const { day, number, lines } of coming) await lake.writePart(day, number, lines);
  await describeParts(lake.root);
}

/** A day of which a part is not transformed is not sent away. */
async function sendAway(lake: ScratchLake, stored: StoredLake): Promise<void> {
  await transform(lake);
  await stored.upload(days);
  await stored.release();
}

async function transform(lake: ScratchLake): Promise<void> {
  const before = await countRows(lake.root);
  await lake.transform();
  const after = await countRows(lake.root);
  for (const [name, rows] of before) expect(after.get(name), name).toBeGreaterThanOrEqual(rows);
}

async function countRows(root: string): Promise<Map<string, number>> {
  const rows = new Map<string, number>();
  for (const dataset of ['bars_1s', 'trades'] as const) {
    for (const day of days) {
      const path = partitionManifestPath(root, dataset, instrument, day);
      const manifest = await readPartitionManifest(path);
      if (manifest !== undefined) rows.set(`${dataset} ${day}`, manifest.rows);
    }
  }
  return rows;
}
