// A lake of three days for tests of what proves it: parts described in their manifest, transformed. One
// part straddles each midnight; ids are missing in the middle day, or none where it is to be whole.

import { globSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describePart } from '../collector/describe-part.ts';
import { appendPartRecord } from '../lake/part-manifest.ts';
import { controlLine, quoteLine, tradeLine, us } from './raw-lines.ts';
import { makeScratchLake, type ScratchLake } from './scratch-lake.ts';

export const instrument = { exchange: 'binance', symbol: 'BTCUSDT' };
export const days = ['2026-03-01', '2026-03-02', '2026-03-03'] as const;
export const [firstDay, middleDay, lastDay] = days;

export const at = (day: string, time: string) => us(`${day}T${time}Z`);

/** Trades of consecutive ids, each with a quote just before. */
export function ticks(day: string, firstId: number, times: readonly string[]): string[] {
  return times.flatMap((time, index) => {
    const timeUs = at(day, time);
    const id = firstId + index;
    const price = (100 + (id % 7)).toFixed(2);
    return [
      quoteLine(timeUs - 1000, id * 10, price, (Number(price) + 0.01).toFixed(2)),
      tradeLine({ id, us: timeUs, price, quantity: `0.${id}`, maker: id % 2 === 0 }),
    ];
  });
}

export type GoldenPart = { day: string; number: number; lines: string[] };

/** The ids that the middle day lacks, first and last; a whole one has them. */
export const missingIds = [13, 22] as const;

/** The parts of the lake. */
export function listGoldenParts(isWhole: boolean): GoldenPart[] {
  const [a, b, c] = days;
  const between = Array.from({ length: 10 }, (_, hour) => `1${hour}:00:00.25`);
  return [
    {
      day: a,
      number: 1,
      lines: [
        controlLine(at(a, '23:59:00'), 'subscribed'),
        ...ticks(a, 1, ['23:59:10.5', '23:59:10.9', '23:59:40']),
        controlLine(at(a, '23:59:58'), 'rotate'),
      ],
    },
    {
      day: a,
      number: 2,
      lines: [
        controlLine(at(a, '23:59:58'), 'listening'),
        ...ticks(a, 4, ['23:59:58.2', '23:59:59.9']),
        ...ticks(b, 6, ['00:00:00.1', '00:00:20']),
        controlLine(at(b, '00:00:30'), 'rotate'),
      ],
    },
    {
      day: b,
      number: 1,
      lines: [
        controlLine(at(b, '00:00:30'), 'listening'),
        ...ticks(b, 8, ['00:00:31', '00:00:31.4', '00:00:32', '00:00:33.1', '00:00:39.9']),
        ...(isWhole ? ticks(b, missingIds[0], between) : []),
        controlLine(at(b, isWhole ? '23:59:50' : '00:00:40'), isWhole ? 'rotate' : 'close'),
      ],
    },
    {
      day: b,
      number: 2,
      lines: [
        controlLine(at(b, '23:59:50'), isWhole ? 'listening' : 'subscribed'),
        ...ticks(b, 23, ['23:59:55']),
        ...ticks(c, 24, ['00:00:05']),
        controlLine(at(c, '00:00:20'), 'rotate'),
      ],
    },
    {
      day: c,
      number: 1,
      lines: [
        controlLine(at(c, '00:00:20'), 'listening'),
        ...ticks(c, 25, ['00:00:30', '00:00:59']),
        controlLine(at(c, '00:01:00'), 'close'),
      ],
    },
  ];
}

/** The golden lake, made once for all the tests of a process. Copied, never given away. */
let golden: Promise<ScratchLake> | undefined;

/**
 * A lake of these parts, described and transformed: all in one run, or one part a run. Without any a copy of
 * the golden one.
 */
export async function makeDescribedLake(
  parts?: readonly GoldenPart[],
  runs: 'one' | 'each' = 'one',
): Promise<ScratchLake> {
  if (parts !== undefined) return describeLake(parts, runs);
  golden ??= describeLake(listGoldenParts(false), 'one');
  const lake = await makeScratchLake();
  await cp((await golden).root, lake.root, { recursive: true, preserveTimestamps: true });
  return lake;
}

async function describeLake(
  parts: readonly GoldenPart[],
  runs: 'one' | 'each',
): Promise<ScratchLake> {
  // Verified with one thread: the bytes must be the same.
  const lake = await makeScratchLake('transformer: { threads: 2 }');
  for (const { day, number, lines } of parts) {
    await lake.writePart(day, number, lines);
    await describeParts(lake.root);
    if (runs === 'each') await lake.transform();
  }
  await lake.transform();
  return lake;
}

/** Writes the raw manifests anew. */
export async function describeParts(root: string): Promise<void> {
  const paths = globSync('raw/*/*/*/part_*', { cwd: root }).sort();
  const folders = new Set(paths.map(dirname));
  for (const folder of folders) await writeFile(join(root, folder, 'manifest.jsonl'), '');
  for (const path of paths) {
    const record = await describePart(join(root, path), instrument);
    await appendPartRecord(join(root, dirname(path)), { ...record, part: basename(path) });
  }
}

/** Changes one byte of a file. */
export async function flipBit(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = bytes[index]! ^ 1;
  await writeFile(path, bytes);
}

/** A file of a receipt day; the day's folder for an empty name. */
export function rawPath(root: string, day: string, name: string): string {
  return join(root, 'raw/binance/BTCUSDT', day, name);
}

/** A file of a partition; the partition's folder for an empty name. */
export function partitionFile(
  root: string,
  folder: 'parquet' | 'trades',
  day: string,
  name: string,
): string {
  const [year, month, date] = day.split('-');
  const place = `year=${year}/month=${month}/day=${date}`;
  return join(root, folder, 'binance/BTCUSDT', place, name);
}
