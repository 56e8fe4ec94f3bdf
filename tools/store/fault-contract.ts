// What every store behind a network must do when its server misbehaves: the right failure, nothing half there, no
// secret in a text, and the file exactly once when it is sent again.

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault, FaultRule } from '../../tests/store-servers/faults.ts';
import type { StoreServer } from '../../tests/store-servers/store-server.ts';
import { expectFailure } from './contract.ts';
import { measureFile } from './local-file.ts';
import { putWithRetries, type Retry } from './retry.ts';
import type { LocalFile, ObjectStore, StoreFailure } from './store.ts';

export type StoreBehindServer = {
  store: ObjectStore;
  server: StoreServer;
  /** The object's name in the bucket. */
  formatName(key: string): string;
  /** Uploads that were begun and not ended, and that are billed until then. */
  countLeftovers(): number;
};

export type FaultContract = {
  name: string;
  /** `answerWithinMs`: how long a request may take. */
  open(folder: string, answerWithinMs: number): Promise<StoreBehindServer>;
  /** The operations by which a small and a large file are written, the last of each makes the object. */
  writes: { small: string[]; large: string[] };
  largeBytes: number;
  /** Texts that must never be told. */
  secrets: readonly string[];
};

const status = (code: number): Fault => ({ kind: 'status', status: code });
const faults: [string, Fault, StoreFailure | RegExp][] = [
  ['a refusal of the credentials', status(401), 'credentials'],
  ['a refusal of permission', status(403), 'permission'],
  ['too many requests', status(429), 'throttled'],
  ['an internal error', status(500), 'unavailable'],
  ['being unavailable', status(503), /unavailable|throttled/],
  ['a reset', { kind: 'reset' }, 'unavailable'],
  ['a lost answer', { kind: 'no-answer' }, 'unavailable'],
  ['no answer at all', { kind: 'hang' }, 'unavailable'],
];
const wrongWrites: [string, Fault, StoreFailure][] = [
  ['other content than was sent', { kind: 'corrupt' }, 'checksum'],
  ['a confirmed write of nothing', { kind: 'vanish' }, 'unavailable'],
];
/** After which a file is sent again. */
const passingFaults = faults.filter(
  ([, , failure]) => !/credentials|permission/.test(String(failure)),
);

/** Every fault at every operation; in the short form each fault at one. */
function spread(operations: readonly string[], among: typeof faults) {
  const isLong = process.env.LAKE_TEST_STORE_FAULTS !== undefined;
  return operations.flatMap((on, index) =>
    among
      .filter((_, number) => isLong || number % operations.length === index)
      .map((fault) => [on, ...fault] as const),
  );
}

export function describeFaults(contract: FaultContract): void {
  const { name, open, writes, largeBytes, secrets } = contract;
  describe(`the ${name} store, struck with`, () => {
    const { signal } = new AbortController();
    let folder: string;
    let tested: StoreBehindServer;
    let store: ObjectStore;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), `crypto-lake-${name}-`));
      await reopen(10_000);
    });
    afterEach(async () => {
      await tested.server.close();
      await rm(folder, { recursive: true });
    });

    async function reopen(answerWithinMs: number): Promise<void> {
      await tested?.server.close();
      tested = await open(folder, answerWithinMs);
      store = tested.store;
    }
    /** The fault strikes from now on; a request without an answer is not waited for long. */
    async function strike(rule: FaultRule): Promise<void> {
      if (rule.fault.kind === 'hang') await reopen(400);
      tested.server.faults.add(rule);
    }
    async function makeFile(size: 'small' | 'large'): Promise<LocalFile> {
      const path = join(folder, 'file');
      await writeFile(path, size === 'small' ? 'content' : Buffer.alloc(largeBytes, 'large'));
      return measureFile(path);
    }
    const retry = (failures: string[] = []): Retry => ({
      limits: { attempts: 4, firstMs: 0, maxMs: 0 },
      random: () => 0,
      sleep: async () => {},
      signal,
      onAttempt: ({ failure }) => failure && failures.push(failure.failure),
    });
    function expectNoSecret(text: string): void {
      for (const secret of secrets) expect(text).not.toContain(secret);
    }

    describe.each(['small', 'large'] as const)('a %s file', (size) => {
      const last = writes[size].at(-1)!;

      it.each(spread(writes[size], faults))(
        'at %s: %s, fails as what it is and leaves nothing',
        async (on, _, fault, failure) => {
          const file = await makeFile(size);
          await strike({ on, fault });
          const thrown = await expectFailure(failure, store.put('day', file, 'absent', signal));
          expect(thrown.message).toContain(`put ${store.url}/day: `);
          expectNoSecret(thrown.message);
          const object = tested.server.objects.find(tested.formatName('day'));
          const isLost = fault.kind === 'no-answer';
          expect([undefined, isLost ? file.md5 : undefined]).toContain(object?.md5);
          // An upload whose beginning was never confirmed has no name to give up.
          const unnamed = isLost && on === 'begin' ? 1 : 0;
          expect(tested.countLeftovers()).toBeLessThanOrEqual(unnamed);
        },
      );

      it.each(spread(writes[size], passingFaults))(
        'once at %s: %s, arrives exactly once when it is sent again',
        async (on, _, fault) => {
          const file = await makeFile(size);
          await strike({ on, fault, times: 1 });
          const failures: string[] = [];
          const put = await putWithRetries(store, 'day', file, 'absent', retry(failures));
          expect(put.bytes).toBe(file.bytes);
          expect(failures.length).toBeGreaterThan(0);
          expect(tested.server.objects.find(tested.formatName('day'))?.md5).toBe(file.md5);
          expect(tested.server.objects.countWrites(tested.formatName('day'))).toBe(1);
        },
      );

      it.each(wrongWrites)('with %s: notices, and replaces it', async (_, fault, failure) => {
        const file = await makeFile(size);
        tested.server.faults.add({ on: last, fault, times: 1 });
        const failures: string[] = [];
        await putWithRetries(store, 'day', file, 'absent', retry(failures));
        expect(failures).toEqual([failure]);
        expect(tested.server.objects.find(tested.formatName('day'))?.md5).toBe(file.md5);
      });

      it('credentials that were replaced: goes on with the new ones', async () => {
        for (const on of writes[size]) {
          tested.server.faults.add({ on, fault: status(401), times: 1 });
          const file = await makeFile(size);
          await store.put(`day ${on}`, file, 'absent', signal);
          expect(tested.server.faults.pending).toBe(0);
        }
      });

      it('a stop in the middle: ends at once and leaves nothing', async () => {
        const file = await makeFile(size);
        tested.server.faults.add({ on: last, fault: { kind: 'hang' } });
        const stop = new AbortController();
        const stopped = store.put('day', file, 'absent', stop.signal);
        const struck = () => tested.server.counts.has(last);
        await expect.poll(struck, { interval: 5, timeout: 5000 }).toBe(true);
        stop.abort(new Error('told to stop'));
        await expect(stopped).rejects.toThrow('told to stop');
        expect(tested.server.objects.names).toEqual([]);
        expect(tested.countLeftovers()).toBe(0);
      });
    });

    it('a slow answer: waits for it', async () => {
      tested.server.faults.add({ fault: { kind: 'slow', ms: 50 } });
      await store.put('day', await makeFile('small'), 'absent', signal);
    });

    it('a wrong report of the digest: does not believe the write', async () => {
      tested.server.faults.add({ on: 'head', fault: { kind: 'misreport' } });
      const file = await makeFile('small');
      const thrown = await expectFailure('checksum', store.put('day', file, 'absent', signal));
      expect(thrown.leftVersion).toBeDefined();
    });

    it('no bucket: says so, and what to do', async () => {
      tested.server.faults.add({ fault: { kind: 'status', status: 404, code: 'NoSuchBucket' } });
      const file = await makeFile('small');
      const thrown = await expectFailure('no-bucket', store.put('day', file, 'absent', signal));
      expect(thrown.hint).toMatch(
        /^make the bucket of (gcs|s3)\.bucket_name, or correct its name$/,
      );
    });

    it.each(faults)('%s: a look fails as what it is', async (_, fault, failure) => {
      await strike({ fault });
      expectNoSecret((await expectFailure(failure, store.head('day', signal))).message);
      const listed = store.list('', signal)[Symbol.asyncIterator]().next();
      expectNoSecret((await expectFailure(failure, listed)).message);
      expectNoSecret((await expectFailure(failure, store.check(signal))).message);
    });

    it.each(faults)(
      '%s: a read fails as what it is and leaves no file',
      async (_, fault, failure) => {
        // A lost answer is a reset.
        if (fault.kind === 'no-answer') return;
        await strike({ on: 'get', fault });
        await tested.server.objects.plant(tested.formatName('day'), 'x'.repeat(200_000));
        const path = join(folder, 'read');
        await expectFailure(failure, store.get('day', path, signal));
        expect(await readdir(folder)).not.toContain('read');
        tested.server.faults.clear();
        await store.get('day', path, signal);
        expect(await readFile(path, 'utf8')).toBe('x'.repeat(200_000));
      },
    );

    it('nobody at its address: says so', async () => {
      await tested.server.close();
      const thrown = await expectFailure('unavailable', store.head('day', signal));
      expect(thrown.message).toMatch(/^look at .*\/day: .*ECONNREFUSED/);
    });
  });
}
