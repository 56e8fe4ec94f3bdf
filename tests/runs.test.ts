// However the same parts are spread over transform runs, and in whatever order they come, the
// partitions have the same bytes, and say what a plain implementation says.

import { glob, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { computeBars } from './plain-bars.ts';
import { readClockOffsets, readCoverage } from './plain-coverage.ts';
import { type RandomPart, randomParts } from './random-parts.ts';
import { tradeLine, us } from './raw-lines.ts';
import { makeScratchLake, type ScratchLake } from './scratch-lake.ts';
import { verifyRoot } from './verified-lake.ts';

/** Of the lake that is made in one run; the other has one thread, and the bytes must be the same. */
const moreThreads = 'transformer: { threads: 2 }';

async function writeParts(lake: ScratchLake, parts: readonly RandomPart[]): Promise<void> {
  for (const { day, number, lines } of parts) await lake.writePart(day, number, lines);
}

it('gives the same bytes for any partition of the same parts into runs, in any order', async () => {
  await fc.assert(
    fc.asyncProperty(randomParts, fc.infiniteStream(fc.nat(1_000_000)), async (parts, numbers) => {
      const random = () => numbers.next().value;
      const keyed = parts.map((part) => ({ part, key: random() }));
      const shuffled = keyed.sort((a, b) => a.key - b.key).map(({ part }) => part);
      const whole = await makeScratchLake(moreThreads);
      await writeParts(whole, shuffled);
      expect(await whole.transform()).toBe(0);
      const pieces = await makeScratchLake();
      for (let at = 0; at < shuffled.length; ) {
        const next = at + 1 + (random() % 3);
        await writeParts(pieces, shuffled.slice(at, next));
        expect(await pieces.transform()).toBe(0);
        at = next;
      }
      const digests = await whole.digestPartitions();
      expect(await pieces.digestPartitions()).toEqual(digests);
      expect(await readManifests(pieces.root)).toEqual(await readManifests(whole.root));
      const ordered = parts.toSorted((a, b) =>
        a.day < b.day ? -1 : a.day > b.day ? 1 : a.number - b.number,
      );
      const coverage = readCoverage(ordered);
      const lines = parts.flatMap((part) => part.lines);
      const bars = computeBars(lines, coverage, readClockOffsets(ordered));
      const hasFiles = Object.keys(digests).length > 0;
      expect(hasFiles ? await whole.readBars() : []).toEqual(bars);
      if (random() % 3 > 0) return;
      // By itself a day is derived from less than a run has.
      const reports = await verifyRoot(pieces.root);
      const verdicts = new Set(reports.map(({ derived }) => derived));
      expect([...verdicts].filter((verdict) => !['equal', 'none'].includes(verdict))).toEqual([]);
    }),
    { numRuns: Number(process.env.LAKE_TEST_RUNS ?? 2), endOnFailure: true },
  );
}, 600_000);

/** The manifests by their path, but for what the partition went through. */
async function readManifests(root: string): Promise<Record<string, unknown>> {
  const manifests: Record<string, unknown> = {};
  for await (const path of glob(join(root, '{parquet,trades}/**/*.manifest.json'))) {
    const { revision, revisions, ...content } = JSON.parse(await readFile(path, 'utf8'));
    manifests[relative(root, path)] = content;
  }
  return Object.fromEntries(Object.entries(manifests).sort());
}

it('gives the same bytes for a day of several row groups, in one run and in three', async () => {
  // A row group has 122,880 rows.
  const count = 170_000;
  // Across midnight, so that the second day begins in the middle of a row group of the first.
  const firstUs = us('2026-03-02T00:00:00Z') - 150_000_000;
  const lines = Array.from({ length: count }, (_, index) =>
    tradeLine({
      id: index + 1,
      us: firstUs + index * 1000,
      price: `${1 + (index % 997)}.5`,
    }),
  );
  const whole = await makeScratchLake(moreThreads);
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
