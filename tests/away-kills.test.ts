// kill -9 of what sends days away, brings them back and deletes raw parts, just before each of its changes of
// the disk; and notes and ledgers of which a power cut has left a piece. Nothing is lost or half there, and the
// next run completes it.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, glob, mkdtemp, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findAway } from '../lake/away.ts';
import { awayPath } from '../lake/layout.ts';
import { days, firstDay, instrument, makeDescribedLake, middleDay } from './described-lake.ts';
import { digestPartitions, type ScratchLake } from './scratch-lake.ts';
import { addStore, type StoredLake } from './stored-lake.ts';
import { digestFolder } from './upload-run.ts';

/** Of the changes before which each can be killed, so many; 0 stands for all. */
const kills = Number(process.env.LAKE_TEST_AWAY_KILLS ?? 1);
const program = join(import.meta.dirname, 'away-killed.ts');
const limit = kills === 0 ? 600_000 : 60_000 + kills * 10_000;

let template: ScratchLake;
let whole: Record<string, string>;
let raw: Record<string, string>;
let stored: StoredLake;
/** The lake with its first days away, without raw parts and state: as the next machine has it. */
let bare: string;

beforeAll(async () => {
  template = await makeDescribedLake();
  whole = await template.digestPartitions();
  raw = await digestRaw(template.root);
  stored = await addStore(template.root);
  await stored.upload(days);
  await stored.uploadRaw(days);
  bare = await copy(template.root);
  await stored.release({ root: bare });
  for (const folder of ['state', 'raw']) await rm(join(bare, folder), { recursive: true });
});
afterAll(async () => {
  for (const path of [template.root, bare]) await rm(path, { recursive: true });
  await stored.remove();
});

async function copy(from: string): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'lake-'));
  await cp(from, root, { recursive: true });
  return root;
}

/** Without the lines of manifests in their order: parts may come back in another. */
async function digestRaw(root: string): Promise<Record<string, string>> {
  const files = await digestFolder(join(root, 'raw'));
  for (const name of Object.keys(files).filter((one) => one.endsWith('manifest.jsonl'))) {
    const lines = (await readFile(join(root, 'raw', name), 'utf8')).split('\n');
    files[name] = [...new Set(lines)].sort().join('\n');
  }
  return files;
}

type Work = 'release' | 'restore' | 'clean';

/** Lets the work be killed before one change after the other, and looks at what the kill has left. */
async function killEverywhere(
  work: Work,
  from: string,
  look: (root: string) => Promise<void>,
): Promise<void> {
  const counted = await copy(from);
  const { stdout } = await promisify(execFile)(process.execPath, [
    program,
    counted,
    stored.store,
    work,
  ]);
  await rm(counted, { recursive: true });
  const all = JSON.parse(stdout) as string[];
  expect(all.length).toBeGreaterThan(20);
  // What is seen last of all is seen where few are killed, too: most is done by then.
  const count = kills === 0 ? all.length : Math.min(kills, all.length);
  const chosen = Array.from(
    { length: count },
    (_, at) => all[Math.floor(((at + 0.6) / count) * all.length)]!,
  );
  const next = chosen.values();
  let looking = Promise.resolve();
  const killEach = async () => {
    for (const change of next) {
      const root = await copy(from);
      const child = spawn(process.execPath, [program, root, stored.store, work, change], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const [, signal] = await once(child, 'exit');
      expect(`${change} ${signal}`).toBe(`${change} SIGKILL`);
      looking = looking.then(() => look(root)).then(() => rm(root, { recursive: true }));
      await looking;
    }
  };
  await Promise.all([killEach(), killEach()]);
}

/** No partition is damaged: its file is here, or noted to be in the store. */
async function expectSound(root: string): Promise<void> {
  const here = await digestPartitions(root);
  for (const [path, sha256] of Object.entries(whole)) {
    if (here[path] !== undefined) expect(here[path]).toBe(sha256);
    else {
      const dataset = path.includes('bars_1s') ? 'bars_1s' : 'trades';
      const day = path.includes('day=01') ? firstDay : middleDay;
      expect(await findAway(root, dataset, instrument, day), path).toBeDefined();
    }
  }
}

async function expectBack(root: string): Promise<void> {
  expect(await digestPartitions(root)).toEqual(whole);
  expect(await digestRaw(root)).toEqual(raw);
  const left: string[] = [];
  for await (const path of glob(join(root, '**/*.{restored,staged,uploaded.json}')))
    left.push(path);
  expect(left).toEqual([]);
  expect(await readdir(join(root, 'state/transform/binance/BTCUSDT'))).not.toContain('commit.json');
  for (const day of days) {
    const lines = async (at: string) =>
      (await readFile(join(at, `state/transform/binance/BTCUSDT/${day}.jsonl`), 'utf8'))
        .split('\n')
        .sort();
    expect(await lines(root)).toEqual(await lines(template.root));
  }
}

describe('killed before any change of the disk', () => {
  it(
    'a day that is sent away is here or noted, and goes in the end, with a line in the log',
    () =>
      killEverywhere('release', template.root, async (root) => {
        await expectSound(root);
        await stored.release({ root });
        await expectSound(root);
        expect(Object.keys(await digestPartitions(root))).toHaveLength(2);
        const log = await readFile(join(root, 'logs/qa/cleanup.log'), 'utf8');
        for (const path of Object.keys(whole).filter((one) => !one.includes('day=03'))) {
          expect(log).toContain(`deletes ${path}, `);
        }
      }),
    limit,
  );

  it(
    'a day that is brought back, with its raw parts, is complete in the end, and nothing is left beside it',
    () =>
      killEverywhere('restore', bare, async (root) => {
        await expectSound(root);
        expect(await stored.restore({ from: firstDay, to: days[2], raw: true }, root)).toBe(0);
        await expectBack(root);
      }),
    limit,
  );

  it(
    'raw parts that go are noted and logged, and the rest go the next time',
    () =>
      killEverywhere('clean', template.root, async (root) => {
        const log = await readFile(join(root, 'logs/qa/cleanup.log'), 'utf8').catch(() => '');
        for (const day of days) {
          const names = await readdir(join(root, 'raw/binance/BTCUSDT', day));
          const isGone = !names.some((name) => name.startsWith('part'));
          if (isGone) expect(log).toContain(`BTCUSDT/${day} (`);
        }
        expect(await stored.clean(900e9, '', root)).toBe(0);
        const names = await readdir(join(root, 'raw'), { recursive: true });
        expect(names.filter((name) => name.includes('part_'))).toEqual([]);
        expect(await digestPartitions(root)).toEqual(whole);
      }),
    limit,
  );
});

/** Leaves the first part of a file: all but its last bytes, or nothing. */
async function cut(path: string, bytes: 'all' | number): Promise<void> {
  const { length } = await readFile(path);
  await truncate(path, bytes === 'all' ? 0 : length - bytes);
}

describe('of what a power cut has left a piece', () => {
  const note = (root: string) => awayPath(root, 'trades', instrument, middleDay);
  const ledger = (root: string) => join(root, `state/transform/binance/BTCUSDT/${middleDay}.jsonl`);
  const manifest = (root: string) => join(root, `raw/binance/BTCUSDT/${middleDay}/manifest.jsonl`);
  it.each<[string, (root: string) => Promise<unknown>]>([
    ['an empty note of a day that is away', (root) => cut(note(root), 'all')],
    ['half a note', (root) => cut(note(root), 40)],
    [
      'a ledger whose last line is cut',
      async (root) => {
        await cp(ledger(template.root), ledger(root));
        await cut(ledger(root), 20);
      },
    ],
    [
      'a raw manifest whose last line is cut',
      async (root) => {
        await cp(manifest(template.root), manifest(root));
        await cut(manifest(root), 20);
      },
    ],
  ])('%s does not keep a day from coming back whole', async (_, damage) => {
    const root = await copy(bare);
    await damage(root);
    expect(await stored.restore({ from: firstDay, to: days[2], raw: true }, root)).toBe(0);
    await expect(digestPartitions(root)).resolves.toEqual(whole);
    const back = await digestRaw(root);
    expect(Object.keys(back)).toEqual(Object.keys(raw));
    await rm(root, { recursive: true });
  });
});
