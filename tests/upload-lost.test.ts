// An upload that cannot rely on what it has: the store is another than it was, the ledger is lost, also while
// days are away, or the disk is full.

import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { parseConfig } from '../lake/config.ts';
import { silentLog } from '../lake/log.ts';
import { openStores } from '../tools/store/stores.ts';
import { releaseUploaded } from '../tools/upload/release.ts';
import { days, makeDescribedLake } from './described-lake.ts';
import { failing } from './failing-store.ts';
import { clockAt, digestFolder, runUploadOf } from './upload-run.ts';

let pattern: string;
let root: string;
let there: string;
let yaml: string;

beforeAll(async () => {
  pattern = (await makeDescribedLake()).root;
});
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lake-'));
  there = `${root}-there`;
  yaml = `folder: { path: ${there}, delete_after_upload: true }\nupload: { raw: true }`;
  await cp(pattern, root, { recursive: true });
  await mkdir(there);
});

const upload = () => runUploadOf(root, { yaml });

async function release(said: string[] = []) {
  const config = parseConfig(`root: ${root}\n${yaml}`, {});
  const log = { ...silentLog, warn: (message: string) => void said.push(message) };
  const context = { config, log, signal: new AbortController().signal };
  const clock = clockAt('2026-03-20T03:00:00Z');
  const stores = await openStores(config);
  return releaseUploaded({ ...context, clock }, stores, {}, { dryRun: false });
}

it('a store that was replaced by an empty one gets everything again', async () => {
  await upload();
  const before = await digestFolder(there);
  await rm(there, { recursive: true });
  await mkdir(there);
  expect((await upload()).failures).toEqual([]);
  expect(await digestFolder(there)).toEqual(before);
  expect(await upload()).toMatchObject({ objects: 0, failures: [] });
});

it('a lost ledger is found again, for days that are away, too', async () => {
  await upload();
  expect((await release()).released).toHaveLength(days.length - 1);
  await rm(join(root, 'state/upload'), { recursive: true });
  expect(await upload()).toMatchObject({ objects: 0, held: [], failures: [] });
  expect(await upload()).toMatchObject({ objects: 0, held: [], failures: [] });
});

it('a new store that cannot be given what is away is told of in every run, until it can', async () => {
  await upload();
  const before = await digestFolder(there);
  await release();
  await rename(there, `${there}-old`);
  await mkdir(there);
  for (const _ of [1, 2]) {
    const { failures } = await upload();
    expect(failures).toHaveLength(days.length - 1);
    expect(failures[0]).toMatch(/send .*\.parquet: it is not here/);
  }
  await cp(`${there}-old`, there, { recursive: true });
  expect((await upload()).failures).toEqual([]);
  expect(await digestFolder(there)).toEqual(before);
});

it('a disk that is full keeps no day from being sent that needs no room on it', async () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
    syscall: 'write',
  });
  let isFull = true;
  const onStep = () => {
    if (!isFull) return;
    isFull = false;
    throw full;
  };
  const { failures } = await runUploadOf(root, { yaml, onStep });
  expect(failures).toEqual([
    expect.stringMatching(/send .*: ENOSPC: no space left on device, write$/),
  ]);
  expect((await upload()).failures).toEqual([]);
  expect(await upload()).toMatchObject({ objects: 0, failures: [] });
});

it('what was deleted or changed there is told of with what to do, and then it is sent again', async () => {
  await upload();
  const before = await digestFolder(there);
  const bars = (day: string) =>
    `parquet/binance/BTCUSDT/year=2026/month=03/day=${day}/bars_1s.parquet`;
  await rm(join(there, bars('01')));
  await writeFile(join(there, bars('02')), 'something else');
  const said: string[] = [];
  expect((await release(said)).released).toEqual([]);
  expect(said.map((line) => /bars_1s.parquet (.*)/.exec(line)?.[1])).toEqual([
    'is not there; run --mode upload with its --date, which sends it again',
    'has another content; run --mode upload with its --date, which sends it again',
  ]);
  for (const date of days.slice(0, 2)) {
    expect((await runUploadOf(root, { yaml, scope: { date } })).failures).toEqual([]);
  }
  expect(await digestFolder(there)).toEqual(before);
  expect((await release()).released).toHaveLength(2);
});

it('a file that somebody has left among the partitions is passed over', async () => {
  await writeFile(join(root, 'parquet/notes.txt'), 'mine');
  await writeFile(join(root, 'parquet/binance/.DS_Store'), '');
  expect(await upload()).toMatchObject({ failures: [], held: [] });
  expect((await release()).released).toHaveLength(days.length - 1);
});

it('a file that another lake replaces before the manifest is there is noticed, and sent again', async () => {
  const [configured] = await openStores(parseConfig(`root: ${root}\n${yaml}`, {}));
  const store = failing(configured!);
  const bars = 'parquet/binance/BTCUSDT/year=2026/month=03/day=01/bars_1s.parquet';
  const { put } = store.store;
  store.store.put = async (key, ...rest) => {
    if (key === bars.replace('.parquet', '.manifest.json')) {
      await writeFile(join(there, bars), 'of another lake');
    }
    return put(key, ...rest);
  };
  const { failures } = await runUploadOf(root, { yaml, stores: [store] });
  expect(failures).toEqual([expect.stringContaining('another lake has replaced it meanwhile')]);
  expect((await upload()).failures).toEqual([]);
  expect((await digestFolder(there))[bars]).toBe((await digestFolder(root))[bars]);
});
