// The live tail shows what the transformer would write, were the parts being written cut at their last whole line
// and sealed: in every column, wherever they end, however much of it was transformed before.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type LiveLake, makeLiveLake } from './live-lake.ts';
import { type RandomPart, randomParts } from './random-parts.ts';

it('shows what the transformer would write, wherever the parts end', async () => {
  await fc.assert(
    fc.asyncProperty(randomParts, fc.infiniteStream(fc.nat(1_000_000)), async (parts, numbers) => {
      const isLong = process.env.LAKE_TEST_LIVES !== undefined;
      await live(isLong ? parts : parts.slice(-2), (bound) => numbers.next().value % bound);
    }),
    { numRuns: Number(process.env.LAKE_TEST_LIVES ?? 1), endOnFailure: true },
  );
}, 3_600_000);

/** Writes the parts as a collector does, while runs and refreshes come in between. */
async function live(parts: readonly RandomPart[], random: (bound: number) => number) {
  const lake = await makeLiveLake();
  try {
    let left: RandomPart | undefined;
    for (const part of parts) {
      const { day, number } = part;
      const text = part.lines.map((line) => `${line}\n`).join('');
      const cuts = Array.from({ length: 1 + random(2) }, () => random(text.length + 1));
      for (const cut of cuts.sort((a, b) => a - b)) {
        await lake.writeOpen(day, number, text.slice(0, cut));
        if (random(4) === 0) await lake.reopen();
        if (random(3) === 0) await compare(lake);
        else await lake.refresh();
      }
      if (left !== undefined) await lake.seal(left.day, left.number);
      left = undefined;
      await lake.writeOpen(day, number, text);
      if (random(4) === 0) left = part;
      else await lake.seal(day, number);
      if (random(3) === 0) await lake.refresh();
      if (random(3) === 0) expect(await lake.transform()).toBe(0);
      if (random(5) === 0) await compare(lake);
    }
    await compare(lake);
  } finally {
    await lake.close();
  }
}

async function compare(lake: LiveLake): Promise<void> {
  await lake.refresh();
  expect(await lake.readLive()).toEqual(await lake.readExpected());
}
