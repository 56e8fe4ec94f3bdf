// Parts against a plain model, on a disk whose power fails at any operation: what a sealed part held is
// there afterwards, once and unchanged; of an unsealed one a beginning; nothing is ever made up.

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { silentLog } from '../lake/log.ts';
import { ChunkPool } from './chunk-pool.ts';
import { FakeClock } from './fake-clock.ts';
import { disk } from './memory-disk.ts';
import { openPartFile } from './part-file.ts';
import { Recorder } from './recorder.ts';
import { recoverParts } from './recovery.ts';
import { planRotationLimits } from './rotation.ts';
import { Turnstile } from './turnstile.ts';

vi.mock('node:fs/promises', async () => (await import('./memory-disk.ts')).disk.promises);
vi.mock('node:fs', async () => (await import('./memory-disk.ts')).disk.sync);

const crashes = Number(process.env.LAKE_TEST_CRASHES ?? 200);
const root = '/lake';
const instrument = { exchange: 'binance', symbol: 'BTCUSDT' };
const prefix = Buffer.from('{"recv":1763510400000000,"conn":"c1","msg":');

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      lines: fc.integer({ min: 1, max: 12 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rotate' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      turns: fc.integer({ min: 1, max: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('nextDay' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('crash' as const),
      operations: fc.nat(12),
      recovery: fc.nat(40),
      seed: fc.nat(),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What was appended, part by part, in the order of the parts. */
type ModelPart = { lines: number[]; isAcknowledged: boolean };

class Lake {
  readonly parts: ModelPart[] = [];
  /** Lines that must be there from now on. */
  readonly safe = new Set<number>();
  readonly #sealedBytes = new Map<string, string>();
  readonly #clock = new FakeClock();
  #recorder = this.#open();
  #next = 0;

  async take(one: Step): Promise<void> {
    if (one.kind === 'append') this.#append(one.lines);
    else if (one.kind === 'flush') this.#recorder.flush();
    else if (one.kind === 'rotate') this.#advance(10_000);
    else if (one.kind === 'nextDay') this.#advance(86_400_000);
    else if (one.kind === 'settle') await turn(one.turns);
    else await this.#crash(one);
  }

  async end(): Promise<void> {
    await this.#recorder.finish();
    this.#check();
  }

  #append(lines: number): void {
    for (let i = 0; i < lines; i++) {
      const n = this.#next++;
      const frame = Buffer.from(`{"n":${n},"padding":"${'x'.repeat((n * 7919) % 5000)}"}`);
      const found = { eventUs: 0, tradeId: -1 };
      this.#recorder.appendFrame(this.#clock.nowUs(), prefix, frame, 0, found);
      this.parts.at(-1)!.lines.push(n);
    }
  }

  #advance(ms: number): void {
    this.#clock.advance(ms);
    this.#recorder.rotateWhenDue(this.#clock.monotonicMs());
  }

  async #crash({ operations, recovery, seed }: Step & { kind: 'crash' }): Promise<void> {
    const random = makeRandom(seed);
    disk.allow(operations);
    await turn(8);
    disk.restart(random);
    // The power may fail again while the next start puts in order what the last one left.
    disk.allow(recovery);
    const isDone = await Promise.race([recover().then(() => true), turn(60).then(() => false)]);
    if (!isDone) {
      disk.restart(random);
      await recover();
    }
    disk.allow(Number.POSITIVE_INFINITY);
    this.#check();
    for (const line of this.#readLines().flat()) this.safe.add(line);
    this.#recorder = this.#open();
  }

  #open(): Recorder {
    const limits = { rotate_seconds: 10, rotate_max_megabytes: 64, rotate_max_messages: 20 };
    const first = this.parts.length;
    let sealed = 0;
    const options = {
      root,
      clock: this.#clock,
      pool: new ChunkPool(() => {}),
      limits: planRotationLimits(limits),
      compression: 'none',
      openFile: openPartFile,
      run: <T>(_what: string, action: () => Promise<T>) => action(),
      sealing: new Turnstile(4),
      keepGaps: async () => {},
      onUnsealed: (change: 1 | -1) => {
        if (change === 1) this.parts.push({ lines: [], isAcknowledged: false });
        else this.#acknowledge(this.parts[first + sealed++]!);
      },
    } as const;
    return new Recorder(options, instrument, ['s'], this.#clock.monotonicMs() + 10_000);
  }

  #acknowledge(part: ModelPart): void {
    part.isAcknowledged = true;
    for (const line of part.lines) this.safe.add(line);
  }

  #check(): void {
    const kept = this.#readLines();
    const all = kept.flat();
    expect(new Set(all).size).toBe(all.length);
    expect([...this.safe].filter((line) => !all.includes(line))).toEqual([]);
    const parts = new Map(this.parts.map((part) => [part.lines[0], part]));
    for (const lines of kept) {
      expect(lines).toEqual(parts.get(lines[0])?.lines.slice(0, lines.length));
    }
  }

  /** The lines of every sealed part; checks that none has changed and each is described. */
  #readLines(): number[][] {
    const files = disk.list();
    const kept: number[][] = [];
    for (const [path, bytes] of files) {
      expect(path.endsWith('.open')).toBe(false);
      if (!path.endsWith('.jsonl') || path.endsWith('manifest.jsonl')) continue;
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      expect(this.#sealedBytes.get(path) ?? sha256).toBe(sha256);
      this.#sealedBytes.set(path, sha256);
      const manifest = files.get(path.replace(/[^/]*$/, 'manifest.jsonl'));
      expect(manifest?.toString()).toContain(`"sha256":"${sha256}"`);
      const lines = bytes.toString().split('\n').slice(0, -1);
      kept.push(lines.map((line) => JSON.parse(line).msg.n as number));
    }
    return kept;
  }
}

function recover(): Promise<void> {
  return recoverParts({ root, compression: 'none', log: silentLog });
}

async function turn(turns: number): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise(setImmediate);
}

function makeRandom(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return (state >>> 0) / 2 ** 32;
  };
}

test(`no power cut loses or doubles a line of a sealed part, in ${crashes} histories`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      disk.clear();
      const lake = new Lake();
      for (const one of steps) await lake.take(one);
      await lake.end();
    }),
    { numRuns: crashes, endOnFailure: false, interruptAfterTimeLimit: 600_000 },
  );
}, 900_000);
