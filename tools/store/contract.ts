// What every kind of store must do, as one set of tests over a store that is opened anew for each. Faults that
// a store can be struck with are given by the server it talks to.

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { measureFile } from './local-file.ts';
import { type LocalFile, type ObjectStore, StoreError, type StoreFailure } from './store.ts';

export type StoreUnderTest = {
  store: ObjectStore;
  /** Puts an object of that content there behind the store's back. */
  plant(key: string, content: string): Promise<void>;
  /** What its check is to say of it. */
  limits?: RegExp[];
  close(): Promise<void>;
};

export const hostileKeys = [
  'parquet/binance/BTC USDT/day=20/bars_1s.parquet',
  'raw/binance/币安人生USDT/2026-11-20/part_0001.jsonl',
  'a+b/100%/%2F/c&d=e?f#g',
  "it's (so); [1] {2} ~!*@$,:",
  'ü/ü/😀',
];

export function describeStore(
  name: string,
  open: (folder: string) => Promise<StoreUnderTest>,
  keys: readonly string[] = hostileKeys,
): void {
  describe(`the ${name} store`, () => {
    const { signal } = new AbortController();
    let folder: string;
    let tested: StoreUnderTest;
    let store: ObjectStore;
    let written = 0;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), `crypto-lake-${name}-`));
      tested = await open(folder);
      store = tested.store;
    });
    afterEach(async () => {
      await tested.close();
      await rm(folder, { recursive: true });
    });

    async function makeFile(content: string | Buffer): Promise<LocalFile> {
      const path = join(folder, `file-${written++}`);
      await writeFile(path, content);
      return measureFile(path);
    }
    async function read(key: string): Promise<string> {
      const path = join(folder, `read-${written++}`);
      await store.get(key, path, signal);
      return readFile(path, 'utf8');
    }
    async function listKeys(prefix: string): Promise<string[]> {
      const keys: string[] = [];
      for await (const { key } of store.list(prefix, signal)) keys.push(key);
      return keys;
    }

    it('gives back what was put, with its size and digest', async () => {
      const file = await makeFile('some bars');
      const put = await store.put('parquet/a.parquet', file, 'absent', signal);
      expect(put).toMatchObject({ key: 'parquet/a.parquet', bytes: 9 });
      expect(await store.head('parquet/a.parquet', signal)).toEqual(put);
      expect(await store.holds(put, file, signal)).toBe(true);
      expect(await store.holds(put, await makeFile('same size'), signal)).toBe(false);
      expect(await store.holds(put, await makeFile('shorter'), signal)).toBe(false);
      expect(await read('parquet/a.parquet')).toBe('some bars');
    });

    it('takes empty files', async () => {
      const put = await store.put('empty', await makeFile(''), 'absent', signal);
      expect(put.bytes).toBe(0);
      expect(await read('empty')).toBe('');
    });

    it('knows of nothing where nothing is', async () => {
      expect(await store.head('nothing', signal)).toBeUndefined();
      expect(await listKeys('nothing')).toEqual([]);
      const path = join(folder, 'nothing');
      await expectFailure('missing', store.get('nothing', path, signal));
      expect(await readdir(folder)).not.toContain('nothing');
    });

    it('writes over nothing that is there, whatever it is', async () => {
      await tested.plant('taken', 'another lake');
      const file = await makeFile('ours');
      await expectFailure('precondition', store.put('taken', file, 'absent', signal));
      const other = { version: 'another version' };
      await expectFailure('precondition', store.put('taken', file, other, signal));
      expect(await read('taken')).toBe('another lake');
    });

    it('replaces the version that is named, once', async () => {
      const first = await store.put('day', await makeFile('revision 1'), 'absent', signal);
      const second = await store.put('day', await makeFile('revision 2'), first, signal);
      expect(second.version).not.toBe(first.version);
      const late = store.put('day', await makeFile('revision 3'), first, signal);
      await expectFailure('precondition', late);
      expect(await read('day')).toBe('revision 2');
    });

    it('replaces nothing that has gone', async () => {
      const first = await store.put('day', await makeFile('revision 1'), 'absent', signal);
      await store.delete('day', signal);
      const late = store.put('day', await makeFile('revision 2'), first, signal);
      await expectFailure('precondition', late);
      expect(await store.head('day', signal)).toBeUndefined();
    });

    it.each(keys)('keeps the key %s as it is', async (key) => {
      await store.put(key, await makeFile('x'), 'absent', signal);
      expect((await store.head(key, signal))?.key).toBe(key);
      expect(await listKeys(key)).toEqual([key]);
      expect(await read(key)).toBe('x');
      await store.delete(key, signal);
      expect(await listKeys('')).toEqual([]);
    });

    it.each(['../outside', 'a//b', '/a', 'a/', './a', 'a\nb', 'x'.repeat(2000)])(
      'refuses the key %s',
      async (key) => {
        await expectFailure('refused', store.put(key, await makeFile('x'), 'absent', signal));
      },
    );

    it('lists by key, below the prefix, over any number of pages', async () => {
      const keys = ['a-b/1', 'a/1', 'a/10', 'a/2', 'a/b/c', 'a0', 'b/1'];
      for (const key of keys.toReversed()) await tested.plant(key, key);
      expect(await listKeys('')).toEqual(keys);
      expect(await listKeys('a/')).toEqual(['a/1', 'a/10', 'a/2', 'a/b/c']);
      expect(await listKeys('a/1')).toEqual(['a/1', 'a/10']);
      for await (const { bytes, key } of store.list('', signal)) expect(bytes).toBe(key.length);
    });

    it('may be used, says its check, which leaves nothing behind', async () => {
      const limits = (tested.limits ?? []).map((limit) => expect.stringMatching(limit));
      expect(await store.check(signal)).toEqual(limits);
      expect(await listKeys('')).toEqual([]);
      expect(await readdir(join(folder, 'tmp'))).toEqual([]);
    });

    it('does nothing once it is told to stop', async () => {
      const stopped = AbortSignal.abort(new Error('stopped'));
      const file = await makeFile('x');
      await expect(store.put('a', file, 'absent', stopped)).rejects.toThrow('stopped');
      await expect(store.head('a', stopped)).rejects.toThrow('stopped');
      await expect(store.get('a', join(folder, 'a'), stopped)).rejects.toThrow('stopped');
      expect(await listKeys('')).toEqual([]);
    });

    it('puts nothing of a file that is shorter than it was, or gone', async () => {
      const file = await makeFile('0123456789');
      await writeFile(file.path, '01234');
      await expect(store.put('cut', file, 'absent', signal)).rejects.toThrow('has changed');
      await rm(file.path);
      await expect(store.put('cut', file, 'absent', signal)).rejects.toThrow(/read .*: ENOENT/);
      expect(await listKeys('')).toEqual([]);
    });

    it('says so where a file is not what was measured', async () => {
      const file = await makeFile('0123456789');
      await writeFile(file.path, '9876543210');
      await expectFailure('checksum', store.put('changed', file, 'absent', signal));
    });

    it('reads into no file that is there', async () => {
      await tested.plant('a', 'from the store');
      const { path } = await makeFile('mine');
      await expect(store.get('a', path, signal)).rejects.toThrow(/EEXIST/);
      expect(await readFile(path, 'utf8')).toBe('mine');
    });
  });
}

export async function expectFailure(
  failure: StoreFailure | RegExp,
  action: Promise<unknown>,
): Promise<StoreError> {
  const thrown = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(String(thrown instanceof StoreError ? 'a StoreError' : thrown)).toBe('a StoreError');
  const told = thrown as StoreError;
  const wanted = failure instanceof RegExp ? expect.stringMatching(failure) : failure;
  expect({ failure: told.failure, text: told.message }).toMatchObject({ failure: wanted });
  return told;
}
