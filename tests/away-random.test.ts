// Random lives of a lake whose days are sent away and brought back while parts come in for them and for the
// days beside them. After each step every partition is here or noted to be in the store, what is away is as
// it was, and a part is read or waits as a plain model says. In the end the lake is the one from which
// nothing was ever sent away: the same Parquet bytes, the same manifests but for the count of revisions.

import { mkdir, readFile, rm } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findAway } from '../lake/away.ts';
import { addDays, type Day } from '../lake/day.ts';
import { awayPath, partitionManifestPath } from '../lake/layout.ts';
import { type PartitionManifest, readPartitionManifest } from '../lake/partition-manifest.ts';
import { openLedger } from '../transformer/ledger.ts';
import { digestFile } from '../transformer/parts.ts';
import { readWaitingParts } from '../transformer/waiting.ts';
import { at, describeParts, type GoldenPart, instrument, ticks } from './described-lake.ts';
import { controlLine, quoteLine, restLine } from './raw-lines.ts';
import { makeScratchLake, type ScratchLake } from './scratch-lake.ts';
import { addStore, type StoredLake, today } from './stored-lake.ts';

const runs = Number(process.env.LAKE_TEST_AWAYS ?? 0);
const days: readonly Day[] = [0, 1, 2, 3].map((offset) => addDays('2026-03-01', offset));
const [a, b, c, d] = days as [Day, Day, Day, Day];
const datasets = ['bars_1s', 'trades'] as const;

/** A stretch of listening from the first time to the last one, with what came in it. */
const listen = (from: number, to: number, ...lines: string[][]): string[] => [
  controlLine(from, 'subscribed'),
  ...lines.flat(),
  controlLine(to, 'close'),
];

/** Of what is there from the start. Ids are missing before each midnight, beside it and in each day. */
const firstParts: readonly GoldenPart[] = [
  {
    day: a,
    number: 1,
    lines: listen(
      at(a, '00:00:30'),
      at(a, '00:01:00'),
      ticks(a, 1, ['00:00:40', '00:00:50']),
      ticks(a, 4, ['00:00:54']),
    ),
  },
  {
    day: a,
    number: 2,
    lines: listen(
      at(a, '23:59:45'),
      at(b, '00:00:20'),
      ticks(a, 10, ['23:59:50', '23:59:55']),
      ticks(b, 14, ['00:00:05']),
    ),
  },
  {
    day: b,
    number: 1,
    lines: listen(
      at(b, '12:00:00'),
      at(b, '12:00:40'),
      ticks(b, 20, ['12:00:05', '12:00:15']),
      ticks(b, 23, ['12:00:25']),
    ),
  },
  {
    day: b,
    number: 2,
    lines: listen(
      at(b, '23:59:45'),
      at(c, '00:00:20'),
      ticks(b, 30, ['23:59:50']),
      ticks(c, 33, ['00:00:05']),
    ),
  },
  {
    day: c,
    number: 1,
    lines: listen(at(c, '00:01:00'), at(c, '00:01:30'), ticks(c, 40, ['00:01:10', '00:01:20'])),
  },
];

/** `needs`: the days without which it cannot become part of the lake. */
type LatePart = GoldenPart & { needs: Day[] };

const fill = (...trades: [id: number, us: number][]) => [
  restLine(
    at(today, '01:00:00'),
    trades.map(([id, us]) => ({ id, us })),
  ),
];

const lateParts: readonly LatePart[] = [
  // Into a day, into two that are not neighbours, and across a midnight.
  { day: today, number: 1, lines: fill([3, at(a, '00:00:52')]), needs: [a] },
  { day: today, number: 2, lines: fill([22, at(b, '12:00:20')]), needs: [b] },
  {
    day: today,
    number: 3,
    lines: fill([5, at(a, '00:00:57')], [42, at(c, '00:01:25')]),
    needs: [a, c],
  },
  {
    day: a,
    number: 3,
    lines: listen(
      at(a, '23:59:57'),
      at(b, '00:00:04'),
      ticks(a, 12, ['23:59:58']),
      ticks(b, 13, ['00:00:02']),
    ),
    needs: [a, b],
  },
  { day: today, number: 4, lines: fill([32, at(c, '00:00:02')]), needs: [b, c] },
  // Far from any other day.
  {
    day: c,
    number: 2,
    lines: listen(at(c, '00:02:00'), at(c, '00:02:30'), ticks(c, 50, ['00:02:10', '00:02:20'])),
    needs: [c],
  },
  // A new day, and into it beside the one before.
  {
    day: d,
    number: 1,
    lines: listen(at(d, '00:00:02'), at(d, '00:00:30'), ticks(d, 60, ['00:00:05', '00:00:25'])),
    needs: [c],
  },
  { day: today, number: 5, lines: fill([59, at(d, '00:00:04')]), needs: [c] },
];

/** Into a day that is here, a few seconds after its first trade: what is before that is of another day. */
const besideParts: readonly LatePart[] = [
  {
    day: today,
    number: 6,
    lines: [quoteLine(at(c, '00:00:06'), 900, '100.00', '100.01')],
    needs: [b, c],
  },
  { day: today, number: 7, lines: fill([34, at(c, '00:00:08')]), needs: [b, c] },
];

type Step = 'go on' | 'send away' | 'delete raw parts' | { restore: Day };
const step = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Step>('go on') },
  { weight: 2, arbitrary: fc.constant<Step>('send away') },
  { weight: 1, arbitrary: fc.constant<Step>('delete raw parts') },
  { weight: 2, arbitrary: fc.record({ restore: fc.constantFrom(a, b, c) }) },
);
const refusal = fc.record({ dataset: fc.constantFrom(...datasets), day: fc.constantFrom(a, b) });
const life = fc.record({
  order: fc.shuffledSubarray([...lateParts.keys()], { minLength: lateParts.length }),
  beside: fc.constantFrom(...besideParts),
  steps: fc.array(step, { minLength: 1, maxLength: runs > 1 ? 3 : 1 }),
  refusal,
});
type Life = typeof life extends fc.Arbitrary<infer T> ? T : never;

it.runIf(runs > 0)(
  'a lake whose days come and go loses nothing, and ends as one of which none goes',
  async () => {
    const twin = await makeScratchLake();
    await write(twin, firstParts);
    await write(twin, [...lateParts, ...besideParts]);
    expect(await twin.transform()).toBe(0);
    const wanted = await readAll(twin.root);
    await fc.assert(
      fc.asyncProperty(life, async (chosen) => {
        expect(await live(chosen)).toEqual(wanted);
      }),
      { numRuns: runs, endOnFailure: true },
    );
    await rm(twin.root, { recursive: true });
  },
  60_000 + runs * 60_000,
);

/** What the lake holds in the end, when everything is back. */
async function live({ order, beside, steps, refusal }: Life) {
  const lake = await makeScratchLake();
  const stored = await addStore(lake.root);
  await write(lake, firstParts);
  expect(await lake.transform()).toBe(0);
  await stored.upload([a, b, c]);
  await refuseNote(lake, stored, refusal);
  expect(await sendAway(lake, stored)).not.toEqual([]);
  const come = [beside];
  await write(lake, come);
  await transform(lake, stored, come);
  const others = besideParts.filter((part) => part !== beside);
  const rest = [...order.map((at) => lateParts[at]!), ...others];
  const share = Math.ceil(rest.length / (steps.length + 1));
  for (const [index, each] of [...steps, 'go on' as const].entries()) {
    const parts = rest.slice(index * share, (index + 1) * share);
    await write(lake, parts);
    come.push(...parts);
    await transform(lake, stored, come);
    if (each === 'send away') await sendAway(lake, stored);
    else if (each === 'delete raw parts') await stored.clean();
    else if (each !== 'go on') {
      await stored.restore({ date: each.restore });
      await transform(lake, stored, come);
    }
    await expectWhole(lake.root);
  }
  expect(await stored.restore({ from: a, to: d })).toBe(0);
  expect(await lake.transform()).toBe(0);
  expect(await readWaitingParts(lake.root, instrument)).toEqual([]);
  const held = await readAll(lake.root);
  await rm(lake.root, { recursive: true });
  await stored.remove();
  return held;
}

async function write(lake: ScratchLake, parts: readonly GoldenPart[]): Promise<void> {
  for (const { day, number, lines } of parts) await lake.writePart(day, number, lines);
  await describeParts(lake.root);
}

/** Days that are released. One of which a part is not transformed, or that one waits for, stays. */
async function sendAway(lake: ScratchLake, stored: StoredLake): Promise<Day[]> {
  const here = await listAway(lake.root, false);
  await stored.upload(here);
  const { released } = await stored.release();
  await expectWhole(lake.root);
  return released.map(({ day }) => day);
}

/** The disk refuses a note: its file stays. */
async function refuseNote(
  { root }: ScratchLake,
  stored: StoredLake,
  { dataset, day }: Life['refusal'],
): Promise<void> {
  const obstacle = awayPath(root, dataset, instrument, day);
  await mkdir(`${obstacle}/x`, { recursive: true });
  await expect(stored.release()).rejects.toThrow();
  await rm(obstacle, { recursive: true });
  await expectWhole(root);
}

/** What can be read is, what cannot waits and is told of, and nothing else is said. */
async function transform(
  lake: ScratchLake,
  stored: StoredLake,
  come: readonly LatePart[],
): Promise<void> {
  const { root } = lake;
  const away = await listAway(root, true);
  const before = await readManifests(root);
  const readBefore = await listRead(root);
  const waited = (await readWaitingParts(root, instrument)).map(({ part }) => part);
  stored.said.length = 0;
  const code = await lake.transform({}, stored.context().log);
  const read = await listRead(root);
  const unread = come.filter((part) => !read.has(formatPart(part)));
  for (const part of come) {
    const name = formatPart(part);
    const mustWait = part.needs.some((day) => away.includes(day));
    if (mustWait && !readBefore.has(name)) expect(unread, `${name} waits`).toContain(part);
    // What comes for a day together waits together, as long as any of it does.
    const beside = unread.filter((other) => other.needs.some((day) => part.needs.includes(day)));
    if (!mustWait && !waited.includes(name) && beside.every((other) => other === part)) {
      expect(unread, `${name} is read`).not.toContain(part);
    }
  }
  const waiting = await readWaitingParts(root, instrument);
  expect(waiting.map(({ part }) => part).sort()).toEqual(unread.map(formatPart).sort());
  for (const { needs } of waiting) expect(needs.some((day) => away.includes(day))).toBe(true);
  expect(code).toBe(unread.length > 0 ? 1 : 0);
  expect(stored.said.filter((line) => !/ parts? waits? for /.test(line))).toEqual([]);
  expect(stored.said).toHaveLength(code);
  const after = await readManifests(root);
  for (const [name, manifest] of before) {
    expect(after.get(name)?.rows, name).toBeGreaterThanOrEqual(manifest.rows);
    if (away.some((day) => name.endsWith(day))) expect(after.get(name), name).toEqual(manifest);
  }
  await expectWhole(root);
}

const formatPart = ({ day, number }: GoldenPart) =>
  `raw/binance/BTCUSDT/${day}/part_${String(number).padStart(4, '0')}.jsonl`;

async function listRead(root: string): Promise<Set<string>> {
  return new Set((await openLedger(root, instrument).read([...days, today])).keys());
}

/** Every partition that is described is here as described, or noted to be in the store. */
async function expectWhole(root: string): Promise<void> {
  for (const [name, { sha256 }] of await readManifests(root)) {
    const [dataset, day] = name.split(' ') as [(typeof datasets)[number], Day];
    const away = await findAway(root, dataset, instrument, day);
    const path = partitionManifestPath(root, dataset, instrument, day);
    const parquet = path.replace('.manifest.json', '.parquet');
    expect(away?.sha256 ?? (await digestFile(parquet)), name).toBe(sha256);
  }
}

/** The days with partitions of which a file is away, or of which none is. */
async function listAway(root: string, isAway: boolean): Promise<Day[]> {
  const found = new Map<Day, boolean>();
  for (const name of (await readManifests(root)).keys()) {
    const [dataset, day] = name.split(' ') as [(typeof datasets)[number], Day];
    const away = await findAway(root, dataset, instrument, day);
    found.set(day, found.get(day) === true || away !== undefined);
  }
  return [...found.keys()].filter((day) => found.get(day) === isAway);
}

async function readManifests(root: string): Promise<Map<string, PartitionManifest>> {
  const manifests = new Map<string, PartitionManifest>();
  for (const dataset of datasets) {
    for (const day of days) {
      const path = partitionManifestPath(root, dataset, instrument, day);
      const manifest = await readPartitionManifest(path);
      if (manifest !== undefined) manifests.set(`${dataset} ${day}`, manifest);
    }
  }
  return manifests;
}

/** The manifests, and what the Parquet files hold; revisions count the runs, and are left out. */
async function readAll(root: string): Promise<unknown[]> {
  const all: unknown[] = [];
  for (const [name, manifest] of await readManifests(root)) {
    const [dataset, day] = name.split(' ') as [(typeof datasets)[number], Day];
    const path = partitionManifestPath(root, dataset, instrument, day);
    const parquet = await readFile(path.replace('.manifest.json', '.parquet'), 'base64');
    const inputs = manifest.inputs.toSorted((x, y) => (x.part < y.part ? -1 : 1));
    all.push({ ...manifest, name, inputs, revision: 0, revisions: [], parquet });
  }
  return all;
}
