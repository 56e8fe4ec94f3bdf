// Cleanup of a lake with a store: raw parts go only when the store has what was made of them, now.

import { appendFile, cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rawUploadLedgerPath } from '../lake/layout.ts';
import { measureFile } from '../tools/store/local-file.ts';
import { openStores } from '../tools/store/stores.ts';
import { noteUploaded } from '../tools/upload/ledger.ts';
import { digestFile } from '../transformer/parts.ts';
import { days, instrument, makeDescribedLake } from './described-lake.ts';
import { makeScratchLake, type ScratchLake } from './scratch-lake.ts';
import { addStore, type StoredLake } from './stored-lake.ts';

let template: ScratchLake;
beforeAll(async () => {
  template = await makeDescribedLake();
});
afterAll(() => rm(template.root, { recursive: true }));

let lake: ScratchLake;
let stored: StoredLake;
beforeEach(async () => {
  lake = await makeScratchLake();
  await cp(template.root, lake.root, { recursive: true });
  stored = await addStore(lake.root);
  await stored.upload(days);
});
afterEach(async () => {
  await rm(lake.root, { recursive: true });
  await stored.remove();
});

/** The parts that are there, `03-01/part_0001.jsonl`. */
async function listRaw(): Promise<string[]> {
  const names = await readdir(join(lake.root, 'raw/binance/BTCUSDT'), { recursive: true });
  return names
    .filter((name) => name.includes('part_'))
    .map((name) => name.slice(5))
    .sort();
}

const all = [
  '03-01/part_0001.jsonl',
  '03-01/part_0002.jsonl',
  '03-02/part_0001.jsonl',
  '03-02/part_0002.jsonl',
  '03-03/part_0001.jsonl',
];
const tradesOf = (day: string) =>
  join(stored.store, `trades/binance/BTCUSDT/year=2026/month=03/day=${day}/trades.parquet`);

describe('cleanup', () => {
  it('deletes what the store has, and logs where', async () => {
    expect(await stored.clean()).toBe(0);
    expect(stored.said).toEqual([]);
    expect(await listRaw()).toEqual([]);
    const log = await readFile(join(lake.root, 'logs/qa/cleanup.log'), 'utf8');
    expect(log).toMatch(
      /deletes 2 parts of raw\/binance\/BTCUSDT\/2026-03-01 .*: older than 7 days; in trades of 2026-03-01 \(\w{12}\), .*, and in file:\/\/\//,
    );
  });

  it.each<[string, string, () => Promise<unknown>]>([
    ['is not there', 'trades.parquet is not there', () => rm(tradesOf('01'))],
    [
      'has other bytes there',
      'trades.parquet has another content',
      () => appendFile(tradesOf('01'), 'x'),
    ],
  ])('keeps a part of which a partition %s', async (_, reason, damage) => {
    await damage();
    expect(await stored.clean()).toBe(0);
    expect(await listRaw()).toEqual(all.slice(0, 2));
    expect(stored.said.join('\n')).toContain(reason);
  });

  it('deletes nothing while the store cannot be asked, which fails only when the disk is full', async () => {
    await rename(stored.store, `${stored.store}-away`);
    expect(await stored.clean()).toBe(0);
    expect(await listRaw()).toEqual(all);
    expect(stored.said.join('\n')).toMatch(/cannot be asked/);
    expect(await stored.clean(0)).toBe(1);
    expect(await listRaw()).toEqual(all);
    await rename(`${stored.store}-away`, stored.store);
  });

  it('counts what is away as long as the store confirms it', async () => {
    expect((await stored.release()).released).toHaveLength(2);
    const object = await readFile(tradesOf('01'));
    await writeFile(tradesOf('01'), 'other');
    await stored.clean();
    expect(await listRaw()).toEqual(all.slice(0, 2));
    await writeFile(tradesOf('01'), object);
    await stored.clean();
    expect(await listRaw()).toEqual([]);
  });

  it('keeps raw parts that are to be uploaded until they are, with their manifest', async () => {
    const raw = 'upload: { raw: true }';
    await stored.clean(undefined, raw);
    expect(await listRaw()).toEqual(all);
    expect(stored.said.join('\n')).toContain('its raw part is not uploaded');
    await uploadRaw('2026-03-01');
    const manifest = 'raw/binance/BTCUSDT/2026-03-01/manifest.jsonl';
    await rm(join(stored.store, manifest));
    await stored.clean(undefined, raw);
    expect(await listRaw()).toEqual(all);
    await cp(join(lake.root, manifest), join(stored.store, manifest));
    await stored.clean(undefined, raw);
    expect(await listRaw()).toEqual(all.slice(2));
  });
});

/** As an upload does: packed, and noted once it is there. */
async function uploadRaw(day: string): Promise<void> {
  const [configured] = await openStores(stored.config);
  const { store } = configured!;
  const { signal } = new AbortController();
  for (const name of await readdir(join(lake.root, 'raw/binance/BTCUSDT', day))) {
    const path = join(lake.root, 'raw/binance/BTCUSDT', day, name);
    const isPart = name.startsWith('part_');
    const key = `raw/binance/BTCUSDT/${day}/${name}${isPart ? '.zst' : ''}`;
    const sent = `${path}.sent`;
    const bytes = await readFile(path);
    await writeFile(sent, isPart ? zstdCompressSync(bytes) : bytes);
    const { version } = await store.put(key, await measureFile(sent), 'absent', signal);
    const { md5, bytes: sentBytes } = await measureFile(sent);
    await rm(sent);
    const ledger = rawUploadLedgerPath(lake.root, store.name, instrument, day);
    const known = { at: '', url: store.url, key, bytes: sentBytes, md5, version, mtime_ms: 0 };
    await noteUploaded(ledger, { ...known, sha256: await digestFile(path) });
  }
}
