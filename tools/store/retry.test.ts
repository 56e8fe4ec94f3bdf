import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { FolderStore } from './folder-store.ts';
import { measureFile } from './local-file.ts';
import { type Attempt, putWithRetries, type Retry, withRetries } from './retry.ts';
import { type LocalFile, type ObjectStore, StoreError, type StoreFailure } from './store.ts';

let waits: number[];
let attempts: Attempt[];
let stop: AbortController;
let retry: Retry;
beforeEach(() => {
  waits = [];
  attempts = [];
  stop = new AbortController();
  retry = {
    limits: { attempts: 4, firstMs: 1000, maxMs: 3000 },
    random: () => 0.5,
    sleep: async (ms) => waits.push(ms),
    signal: stop.signal,
    onAttempt: (attempt) => attempts.push(attempt),
  };
});

/** Fails so many times, then gives `done`. */
function failing(failure: StoreFailure, times: number) {
  let left = times;
  return async () => {
    if (left-- > 0) throw new StoreError(failure, failure);
    return 'done';
  };
}

describe('withRetries', () => {
  it('waits longer each time, up to a bound, and reports every attempt', async () => {
    expect(await withRetries(failing('unavailable', 3), retry)).toBe('done');
    expect(waits).toEqual([500, 1000, 1500]);
    const failures = attempts.map(({ number, failure }) => [number, failure?.failure]);
    const failed = [1, 2, 3].map((number) => [number, 'unavailable']);
    expect(failures).toEqual([...failed, [4, undefined]]);
  });

  it('gives up after the last attempt with what it failed of', async () => {
    await expect(withRetries(failing('throttled', 4), retry)).rejects.toThrow('throttled');
    expect(waits).toHaveLength(3);
  });

  it.each(['credentials', 'permission', 'no-bucket', 'refused', 'precondition'] as const)(
    'never tries again after %s',
    async (failure) => {
      await expect(withRetries(failing(failure, 1), retry)).rejects.toThrow(failure);
      expect(attempts).toHaveLength(1);
    },
  );

  it('ends in its wait when it is told to stop', async () => {
    retry.sleep = async (_, signal) => {
      stop.abort(new Error('told to stop'));
      signal.throwIfAborted();
    };
    await expect(withRetries(failing('unavailable', 9), retry)).rejects.toThrow('told to stop');
    expect(attempts).toHaveLength(1);
  });
});

describe('putWithRetries', () => {
  let folder: string;
  let store: FolderStore;
  let file: LocalFile;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crypto-lake-retry-'));
    await mkdir(join(folder, 'store'));
    store = new FolderStore({
      path: join(folder, 'store'),
      root: join(folder, 'lake'),
      tempFolder: join(folder, 'tmp'),
      nowMs: Date.now,
    });
    await writeFile(join(folder, 'file'), 'content');
    file = await measureFile(join(folder, 'file'));
  });

  /** The store, with another put. */
  const withPut = (put: ObjectStore['put']): ObjectStore => ({
    name: store.name,
    url: store.url,
    check: (signal) => store.check(signal),
    head: (key, signal) => store.head(key, signal),
    list: (prefix, signal) => store.list(prefix, signal),
    holds: (object, local, signal) => store.holds(object, local, signal),
    get: (key, path, signal) => store.get(key, path, signal),
    delete: (key, signal) => store.delete(key, signal),
    put,
  });

  it('takes its own first try that arrived unconfirmed for the file, and sends it once', async () => {
    let puts = 0;
    const unconfirmed = withPut(async (...args) => {
      const put = await store.put(...args);
      if (++puts === 1) throw new StoreError('unavailable', 'no answer');
      return put;
    });
    const put = await putWithRetries(unconfirmed, 'day', file, 'absent', retry);
    expect(put).toEqual(await store.head('day', stop.signal));
    expect(attempts.map(({ failure }) => failure?.failure)).toEqual(['unavailable', undefined]);
  });

  it('never takes another content for the file', async () => {
    await writeFile(join(folder, 'store', 'day'), 'another');
    const put = putWithRetries(store, 'day', file, 'absent', retry);
    await expect(put).rejects.toMatchObject({ failure: 'precondition', retryable: false });
  });

  it('replaces what its own damaged try has left, and nothing else', async () => {
    const wanted: unknown[] = [];
    const damaging = withPut(async (key, local, precondition, signal) => {
      wanted.push(precondition);
      if (wanted.length > 1) return store.put(key, local, precondition, signal);
      await writeFile(join(folder, 'store', 'day'), 'damaged');
      const thrown = new StoreError('checksum', 'damaged');
      thrown.leftVersion = (await store.head(key, signal))?.version;
      throw thrown;
    });
    await putWithRetries(damaging, 'day', file, 'absent', retry);
    expect(wanted).toEqual(['absent', { version: expect.any(String) }]);
    expect((await store.head('day', stop.signal))?.md5).toBe(file.md5);
  });

  it('does not send a file for ever that has changed since it was measured', async () => {
    await writeFile(file.path, 'changed');
    const put = putWithRetries(store, 'day', file, 'absent', retry);
    await expect(put).rejects.toThrow(/file: it has changed since it was measured/);
    expect(waits).toEqual([]);
  });
});
