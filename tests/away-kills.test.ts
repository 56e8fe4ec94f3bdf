// Sending days away, bringing them back and deleting raw parts, killed before each of their changes of the
// disk: nothing is lost or half there, and the next run completes it.

import { cp, glob, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { findAway } from '../lake/away.ts';
import { days, firstDay, instrument, makeDescribedLake, middleDay } from './described-lake.ts';
import { Killed, life } from './mortal-disk.ts';
import { digestPartitions, type ScratchLake } from './scratch-lake.ts';
import { addStore, type StoredLake } from './stored-lake.ts';

vi.mock('node:fs/promises', async () => (await import('./mortal-disk.ts')).mortalDisk);

/** Of all the moments at which it can be killed, so many; 0 stands for each. */
const moments = Number(process.env.LAKE_TEST_AWAY_KILLS ?? 2);

let template: ScratchLake;
let whole: Record<string, string>;
let stored: StoredLake;
let root: string;
beforeAll(async () => {
  template = await makeDescribedLake();
  whole = await template.digestPartitions();
  stored = await addStore(template.root);
  await stored.upload(days);
});
afterAll(async () => {
  await rm(template.root, { recursive: true });
  await stored.remove();
});
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lake-'));
});
afterEach(async () => {
  live();
  await rm(root, { recursive: true, force: true });
});

function live(): void {
  life.steps = 0;
  life.diesAt = Number.POSITIVE_INFINITY;
}

/**
 * Prepares, and lets `work` be killed, moment after moment, and then `look` at what is left, until it comes
 * to its end.
 */
async function killEverywhere(
  prepare: () => Promise<void>,
  work: () => Promise<unknown>,
  look: () => Promise<void>,
): Promise<void> {
  await prepare();
  live();
  await work();
  const steps = life.steps;
  expect(steps).toBeGreaterThan(10);
  const stride = moments === 0 ? 1 : Math.max(1, Math.floor(steps / moments));
  for (let at = Math.min(stride, 3) - 1; at < steps; at += stride) {
    live();
    await rm(root, { recursive: true });
    await prepare();
    live();
    life.diesAt = at;
    const end = await work().then(String, (thrown: unknown) => thrown);
    if (!(end instanceof Killed)) throw new Error(`${end} at ${at} of ${steps}`, { cause: end });
    live();
    await look();
  }
}

/** No partition is damaged: its file is here, or noted to be in the store. */
async function expectSound(): Promise<void> {
  const here = await digestPartitions(root);
  for (const [path, sha256] of Object.entries(whole)) {
    if (here[path] !== undefined) expect(here[path]).toBe(sha256);
    else {
      const [dataset, day] = path.includes('bars_1s')
        ? (['bars_1s', path] as const)
        : (['trades', path] as const);
      const date = day.includes('day=01') ? firstDay : middleDay;
      expect(await findAway(root, dataset, instrument, date), path).toBeDefined();
    }
  }
}

const copyTemplate = () => cp(template.root, root, { recursive: true });
const limit = moments === 0 ? 3_600_000 : 120_000;

describe('killed at any step', () => {
  it(
    'a day that is sent away is here or noted, and goes in the end, with a line in the log',
    async () => {
      const release = () => stored.release({ root });
      await killEverywhere(copyTemplate, release, async () => {
        await expectSound();
        await release();
        await expectSound();
        expect(Object.keys(await digestPartitions(root))).toHaveLength(2);
        const log = await readFile(join(root, 'logs/qa/cleanup.log'), 'utf8');
        for (const path of Object.keys(whole).filter((one) => !one.includes('day=03'))) {
          expect(log).toContain(`deletes ${path}, `);
        }
      });
    },
    limit,
  );

  it(
    'a day that is brought back is complete in the end, and nothing is left beside it',
    async () => {
      const scope = { from: firstDay, to: days[2] };
      const prepare = async () => {
        await copyTemplate();
        await stored.release({ root });
        // What the next machine does not have.
        await rm(join(root, 'state/transform'), { recursive: true });
        await rm(join(root, 'raw'), { recursive: true });
      };
      const restore = () => stored.restore(scope, root);
      await killEverywhere(prepare, restore, async () => {
        await restore();
        expect(await digestPartitions(root)).toEqual(whole);
        const left: string[] = [];
        for await (const path of glob(join(root, '**/*.{restored,staged,uploaded.json}'))) {
          left.push(path);
        }
        expect(left).toEqual([]);
        expect(await readdir(join(root, 'state/transform/binance/BTCUSDT'))).not.toContain(
          'commit.json',
        );
        for (const day of days) {
          const own = `state/transform/binance/BTCUSDT/${day}.jsonl`;
          const lines = async (at: string) =>
            (await readFile(join(at, own), 'utf8')).trim().split('\n').sort();
          expect(await lines(root)).toEqual(await lines(template.root));
        }
      });
    },
    limit,
  );

  it(
    'raw parts that go are noted and logged, and the rest go the next time',
    async () => {
      const clean = () => stored.clean(900e9, '', root);
      await killEverywhere(copyTemplate, clean, async () => {
        const log = await readFile(join(root, 'logs/qa/cleanup.log'), 'utf8').catch(() => '');
        for (const day of days) {
          const names = await readdir(join(root, 'raw/binance/BTCUSDT', day));
          const isGone = names.filter((name) => name.startsWith('part')).length < 1;
          if (isGone) expect(log).toContain(`BTCUSDT/${day} (`);
        }
        expect(await clean()).toBe(0);
        const raw = await readdir(join(root, 'raw'), { recursive: true });
        expect(raw.filter((name) => name.includes('part_'))).toEqual([]);
        expect(await digestPartitions(root)).toEqual(whole);
      });
    },
    limit,
  );
});
