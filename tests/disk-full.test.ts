// A disk that fills up under a running collector, and is freed again: a real file system where this process
// may mount one, and in any case a disk that takes so many bytes and then refuses.

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Collector, openCollector } from '../collector/collector.ts';
import { type OpenPartFile, openPartFile } from '../collector/part-file.ts';
import {
  cutFrames,
  formatFrame,
  makeConfig,
  openScriptedExchange,
  readParts,
  type ScriptedExchange,
} from '../collector/scripted-exchange.ts';
import { openSystemClock } from '../lake/clock.ts';
import { rawDayDir } from '../lake/layout.ts';
import { silentLog } from '../lake/log.ts';
import { readPartRecords } from '../lake/part-manifest.ts';

const blockBytes = 1024 * 1024;

let root: string;
let exchange: ScriptedExchange;
let collector: Collector | undefined;
const errors: string[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'full-'));
  exchange = await openScriptedExchange();
  errors.length = 0;
});
afterEach(async () => {
  await collector?.stop();
  collector = undefined;
  await exchange.close();
  await rm(root, { recursive: true });
});

async function start(lake: string, openFile: OpenPartFile): Promise<void> {
  const given = { collector: '{ rotate_seconds: 1, flush_milliseconds: 10 }' };
  const error = (message: string, fields?: object) =>
    void errors.push(`${message} ${JSON.stringify(fields)}`);
  collector = await openCollector({
    config: makeConfig(lake, exchange.url, given),
    log: { ...silentLog, error },
    clock: openSystemClock(),
    random: () => 0.1,
    openFile,
  });
  await collector.ready;
}

/** Sends frames of ids from `first` on until `isEnough`; the frames sent. */
async function sendUntil(first: number, isEnough: () => boolean): Promise<string[]> {
  const sent: string[] = [];
  const deadlineMs = performance.now() + 20_000;
  while (!isEnough()) {
    if (performance.now() > deadlineMs) throw new Error('send frames: nothing happened in 20 s');
    for (let i = 0; i < 200; i++) {
      sent.push(formatFrame('BTCUSDT', first + sent.length));
      exchange.send(sent.at(-1)!);
    }
    await new Promise((next) => setTimeout(next, 5));
  }
  return sent;
}

const troubles = () => collector!.status().problems.filter(({ what }) => !what.includes('stream'));

/** Every frame is there once, in order, in whole parts that the manifest describes. */
async function expectWhole(lake: string, sent: readonly string[]): Promise<void> {
  await collector!.stop();
  collector = undefined;
  const parts = await readParts(lake);
  expect(parts.filter(({ isOpen }) => isOpen)).toEqual([]);
  const kept = parts
    .flatMap(({ bytes }) => cutFrames(bytes))
    .filter((text) => text.includes('"e":"trade"'));
  expect(kept.length).toBe(sent.length);
  expect(kept.findIndex((frame, index) => frame !== sent[index])).toBe(-1);
  const instrument = { exchange: 'binance', symbol: 'BTCUSDT' };
  for (const { day, name, bytes } of parts) {
    const records = await readPartRecords(rawDayDir(lake, instrument, day));
    expect(records.get(name)?.bytes).toBe(bytes.length);
  }
}

describe('a full disk', () => {
  test('of which a part is refused and then taken costs nothing', async () => {
    let freeBytes = 300_000;
    const openFile: OpenPartFile = async (path) => {
      const file = await openPartFile(path);
      const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      return {
        ...file,
        async write([chunk], position) {
          if (freeBytes === 0) throw full;
          const part = chunk!.subarray(0, freeBytes);
          freeBytes -= part.length;
          return file.write([part], position);
        },
      };
    };
    await start(root, openFile);
    const sent = await sendUntil(1, () => troubles().length > 0);
    expect(troubles()[0]?.what).toContain('no space left');
    sent.push(...(await sendUntil(sent.length + 1, () => sent.length > 0)));
    freeBytes = Number.POSITIVE_INFINITY;
    await vi.waitUntil(() => troubles().length === 0, 20_000);
    await expectWhole(root, sent);
  });

  test('and no file handle left are waited out, and say what to do', async () => {
    let refusals = 3;
    const openFile: OpenPartFile = async (path) => {
      if (refusals-- > 0) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
      return openPartFile(path);
    };
    await start(root, openFile);
    const sent = await sendUntil(1, () => refusals < 0);
    await expectWhole(root, sent);
    expect(errors[0]).toContain('too many open files');
    expect(errors[0]).toContain('open files');
  });

  const lake = () => join(root, 'lake');

  test('that is real keeps every frame, part and manifest whole', async ({ annotate }) => {
    if (!mountSmallDisk(lake())) {
      await annotate('not run: this process may not mount a file system', 'warning');
      return;
    }
    try {
      await start(lake(), openPartFile);
      const { bavail, bsize } = await statfs(lake());
      const ballast = join(lake(), 'ballast');
      await writeFile(ballast, Buffer.alloc(bavail * bsize - blockBytes));
      const sent = await sendUntil(1, () => troubles().length > 0);
      // Rotations fall due meanwhile: seals and manifest lines meet the full disk as well.
      const untilMs = performance.now() + 1500;
      sent.push(...(await sendUntil(sent.length + 1, () => performance.now() > untilMs)));
      await rm(ballast);
      await vi.waitUntil(() => troubles().length === 0, 20_000);
      await expectWhole(lake(), sent);
    } finally {
      await collector?.stop();
      collector = undefined;
      execFileSync('umount', ['-l', lake()]);
    }
  });
});

/** Whether a file system of 16 MB is now mounted there. */
function mountSmallDisk(path: string): boolean {
  try {
    execFileSync('mkdir', ['-p', path]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
