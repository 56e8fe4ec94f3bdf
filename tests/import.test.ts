// Two collectors' lakes made one: what they have together is what one collector would have that was
// listening all the time, to the byte.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { describePart } from '../collector/describe-part.ts';
import { recoverParts } from '../collector/recovery.ts';
import { openSystemClock } from '../lake/clock.ts';
import { parseConfig } from '../lake/config.ts';
import { takeLock } from '../lake/lock.ts';
import { silentLog } from '../lake/log.ts';
import { readPartRecords } from '../lake/part-manifest.ts';
import { openImport } from '../tools/import/import.ts';
import { stageForeignPart } from '../tools/import/stage-part.ts';
import { listParts } from '../transformer/parts.ts';
import { flipBit, rawPath } from './described-lake.ts';
import { controlLine, quoteLine, tradeLine, us } from './raw-lines.ts';
import { makeScratchLake, type ScratchLake } from './scratch-lake.ts';
import { summarizeReports, verifyRoot } from './verified-lake.ts';

const day = '2026-03-01';
const startUs = us(`${day}T10:00:00Z`);
const partSeconds = 10;
const kills = Number(process.env.LAKE_TEST_IMPORTS ?? 0);

/** What one connection hears from one second to another, a list of lines per part. */
function listen(fromSecond: number, toSecond: number): string[][] {
  const parts: string[][] = [];
  for (let from = fromSecond; from < toSecond; from += partSeconds) {
    const to = Math.min(from + partSeconds, toSecond);
    const at = (second: number) => startUs + second * 1e6;
    // The line that begins a part comes a moment after the one that ended the last.
    const head = controlLine(at(from) + 3000, from === fromSecond ? 'subscribed' : 'listening');
    const tail = controlLine(at(to), to === toSecond ? 'close' : 'rotate');
    const ticks: string[] = [];
    for (let tick = from * 4; tick < to * 4; tick++) {
      const timeUs = startUs + tick * 250_000 + 100_000;
      const price = (100 + (tick % 9) / 10).toFixed(2);
      ticks.push(quoteLine(timeUs, 5000 + tick, price, (Number(price) + 0.05).toFixed(2)));
      // Trades come in only a part of the seconds: the others are covered by listening alone.
      if (tick % 40 < 10)
        ticks.push(tradeLine({ id: countTrades(tick), us: timeUs - 7000, price }));
    }
    parts.push([head, ...ticks, tail]);
  }
  return parts;
}

/** Ids are consecutive over all trades there are. */
function countTrades(tick: number): number {
  return 1000 + Math.floor(tick / 40) * 10 + (tick % 40);
}

async function makeLake(parts: readonly string[][]): Promise<ScratchLake> {
  const lake = await makeScratchLake();
  await addParts(lake, parts);
  return lake;
}

async function addParts(lake: ScratchLake, parts: readonly string[][]): Promise<void> {
  const folder = rawPath(lake.root, day, '');
  await mkdir(folder, { recursive: true });
  const before = await readPartRecords(folder);
  for (const [index, lines] of parts.entries()) {
    await lake.writePart(day, before.size + index + 1, lines);
  }
  await describeNew(lake.root);
}

/** As the collector does at its start. */
function describeNew(root: string): Promise<void> {
  return recoverParts({ root, compression: 'none', log: silentLog });
}

function importFrom(root: string, other: string, log = silentLog): Promise<number> {
  return openImport({ recoverParts, describePart })({
    config: parseConfig(`root: ${root}`, {}),
    configText: '',
    options: { other },
    positionals: [],
    onReload() {},
    log: { ...log, relay() {}, close: async () => {} },
    clock: openSystemClock(),
    signal: new AbortController().signal,
  });
}

/** Every frame and control line of the day, sorted. */
async function readLines(root: string): Promise<string[]> {
  const names = (await readdir(rawPath(root, day, ''))).filter((name) => name.endsWith('.jsonl'));
  const texts = names
    .filter((name) => name !== 'manifest.jsonl')
    .map((name) => readFile(rawPath(root, day, name), 'utf8'));
  return (await Promise.all(texts)).flatMap((text) => text.trim().split('\n')).sort();
}

it('two overlapping collectors give the bytes of one that heard everything', async () => {
  const whole = await makeLake(listen(0, 140));
  await whole.transform();
  const own = await makeLake([...listen(0, 60), ...listen(80, 140)]);
  await own.transform();
  const other = await makeLake(listen(45, 95));
  expect(await own.digestPartitions()).not.toEqual(await whole.digestPartitions());
  expect(await importFrom(own.root, other.root)).toBe(0);
  await own.transform();
  expect(await own.digestPartitions()).toEqual(await whole.digestPartitions());
  expect(summarizeReports(await verifyRoot(own.root))).toEqual(
    summarizeReports(await verifyRoot(whole.root)),
  );
});

it('a connection of the same name that is imported in between breaks no second of ours', async () => {
  const [first, second] = [listen(0, 35), listen(100, 140)];
  const whole = await makeLake([...first, ...second]);
  await whole.transform();
  const own = await makeLake(second.slice(0, 2));
  const other = await makeLake(first);
  await importFrom(own.root, other.root);
  await addParts(own, second.slice(2));
  await own.transform();
  const bars = await own.readBars();
  expect(bars).toEqual(await whole.readBars());
  expect(bars.filter((bar) => bar.complete)).toHaveLength(70);
});

it('a second import takes nothing, even when what was imported is cleaned up', async () => {
  const own = await makeLake(listen(0, 20));
  const other = await makeLake(listen(10, 40));
  await importFrom(own.root, other.root);
  const lines = await readLines(own.root);
  await importFrom(own.root, other.root);
  expect(await readLines(own.root)).toEqual(lines);
  await rm(rawPath(own.root, day, ''), { recursive: true });
  await importFrom(own.root, other.root);
  expect(await readdir(join(own.root, 'raw/binance/BTCUSDT'))).toEqual([]);
});

it('says of each part where it is from, and leaves the other lake as it was', async () => {
  const own = await makeLake(listen(0, 20));
  const other = await makeLake(listen(10, 30));
  const before = await readLines(other.root);
  await importFrom(own.root, other.root);
  const records = await readPartRecords(rawPath(own.root, day, ''));
  expect([...records.values()].map(({ part, origin }) => [part, origin])).toEqual([
    ['part_0001.jsonl', undefined],
    ['part_0002.jsonl', undefined],
    ['part_0003.jsonl', rawPath(other.root, day, 'part_0001.jsonl')],
    ['part_0004.jsonl', rawPath(other.root, day, 'part_0002.jsonl')],
  ]);
  expect(await readLines(other.root)).toEqual(before);
});

it('takes what a dead collector left open up to its last whole line', async () => {
  const own = await makeLake(listen(0, 20));
  const other = await makeLake(listen(10, 30));
  const open = rawPath(other.root, day, 'part_0003.jsonl.open');
  await writeFile(open, `${tradeLine({ id: 1, us: startUs })}\n{"recv":12345`);
  expect(await importFrom(own.root, other.root)).toBe(0);
  const part = await readFile(rawPath(own.root, day, 'part_0005.jsonl'), 'utf8');
  expect(part).toBe(`${tradeLine({ id: 1, us: startUs })}\n`);
});

it('takes a compressed part as it is, and as one that can be read', async () => {
  const [lines] = listen(0, 10) as [string[]];
  const other = await makeLake([]);
  const packed = zstdCompressSync(lines.map((line) => `${line}\n`).join(''));
  await writeFile(rawPath(other.root, day, 'part_0001.jsonl.zst'), packed);
  const own = await makeLake(listen(10, 20));
  expect(await importFrom(own.root, other.root)).toBe(0);
  expect(await readFile(rawPath(own.root, day, 'part_0002.jsonl.zst'))).toEqual(packed);
  await own.transform();
  expect(summarizeReports(await verifyRoot(own.root)).join()).not.toContain('wrong');
});

it('refuses a damaged part, takes the others, and says so', async () => {
  const own = await makeLake(listen(0, 10));
  const other = await makeLake(listen(10, 40));
  await flipBit(rawPath(other.root, day, 'part_0002.jsonl'), 50);
  const errors: string[] = [];
  const log = { ...silentLog, error: (text: string) => void errors.push(text) };
  expect(await importFrom(own.root, other.root, log)).toBe(1);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatch(/import part .*part_0002\.jsonl: its sha256 is .*, its manifest says/);
  expect((await readPartRecords(rawPath(own.root, day, ''))).size).toBe(3);
  expect(await readdir(join(own.root, 'state/tmp/import'))).toEqual([]);
});

it('refuses a lake whose collector is alive, this lake, and a folder without parts', async () => {
  const own = await makeLake(listen(0, 10));
  const other = await makeLake(listen(10, 20));
  const lock = await takeLock(other.root, 'collect');
  await expect(importFrom(own.root, other.root)).rejects.toThrow(
    /held by process \d+.*\n.*stop its collector first/,
  );
  await lock.release();
  await expect(importFrom(own.root, own.root)).rejects.toThrow('is the root of this lake');
  await expect(importFrom(own.root, join(own.root, 'logs'))).rejects.toThrow('no raw parts in it');
});

it('takes a part once that a collector sealed its own way after a kill', async () => {
  const own = await makeLake(listen(0, 10));
  const other = await makeLake(listen(10, 20));
  const path = rawPath(other.root, day, 'part_0001.jsonl');
  const record = (await readPartRecords(rawPath(other.root, day, ''))).get('part_0001.jsonl')!;
  const instrument = { exchange: 'binance', symbol: 'BTCUSDT' };
  const part = { ...(await listParts(other.root, instrument))[0]!, instrument, record };
  const staged = await stageForeignPart(own.root, part);
  if ('fault' in staged) throw new Error(staged.fault);
  // Killed when the number was taken; then a collector starts that packs its parts.
  await writeFile(`${staged.plainPath}.staged.json`, JSON.stringify({ ...staged, after: 1 }));
  await link(staged.plainPath, rawPath(own.root, day, 'part_0002.jsonl.open'));
  await recoverParts({ root: own.root, compression: 'zstd', log: silentLog });
  expect(await importFrom(own.root, other.root)).toBe(0);
  const names = (await readdir(rawPath(own.root, day, ''))).filter((name) => name.includes('part'));
  expect(names).toEqual(['part_0001.jsonl', 'part_0002.jsonl.zst']);
  const packed = await readFile(rawPath(own.root, day, 'part_0002.jsonl.zst'));
  expect(zstdDecompressSync(packed)).toEqual(await readFile(path));
});

// In the long form alone: what a kill leaves at each step is tested where parts are claimed.
if (kills > 0) it(`killed ${kills} times, takes every part exactly once`, killAtRandom, 120_000);

async function killAtRandom(): Promise<void> {
  const own = await makeLake(listen(0, 20));
  const other = await makeLake(listen(10, 600));
  const expected = [...(await readLines(own.root)), ...(await readLines(other.root))].sort();
  const run = async (killAfterMs: number) => {
    const main = join(import.meta.dirname, '../main.ts');
    const args = [main, '--mode', 'import', '--root', own.root, '--other', other.root];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const killer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    const [code] = await once(child, 'exit');
    clearTimeout(killer);
    return code;
  };
  for (let round = 0; round < kills; round++) await run(500 + Math.random() * 1500);
  expect(await run(60_000)).toBe(0);
  expect(await readLines(own.root)).toEqual(expected);
  expect((await readPartRecords(rawPath(own.root, day, ''))).size).toBe(61);
}
