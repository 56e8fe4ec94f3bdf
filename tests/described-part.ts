// A sealed part with its line in the raw manifest, for tests of what relies on both.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Day, startOfDayUs } from '../lake/day.ts';
import { rawDayDir } from '../lake/layout.ts';
import { appendPartRecord } from '../lake/part-manifest.ts';
import { digestFile } from '../transformer/parts.ts';
import { quoteLine, tradeLine } from './raw-lines.ts';
import type { ScratchLake } from './scratch-lake.ts';

const minuteUs = 60_000_000;

/** The ids of the three trades in the part of that day and number. */
export function listPartIds(day: Day, number: number): number[] {
  const first = (startOfDayUs(day) / minuteUs + number) * 3;
  return [first, first + 1, first + 2];
}

/** Writes a part of a few trades and quotes in minute `number` of the day. Returns its path. */
export async function writeDescribedPart(
  lake: ScratchLake,
  day: Day,
  number: number,
): Promise<string> {
  const startUs = startOfDayUs(day) + number * minuteUs;
  const lines = listPartIds(day, number).flatMap((id, at) => [
    tradeLine({ id, us: startUs + at * 1_000_000 }),
    quoteLine(startUs + at * 1_000_000, startUs / 1_000_000 + at, '99.0', '101.0'),
  ]);
  await lake.writePart(day, number, lines);
  const dayDir = rawDayDir(lake.root, { exchange: 'binance', symbol: 'BTCUSDT' }, day);
  const part = `part_${String(number).padStart(4, '0')}.jsonl`;
  const path = join(dayDir, part);
  await appendPartRecord(dayDir, {
    part,
    bytes: (await readFile(path)).length,
    lines: lines.length,
    sha256: await digestFile(path),
    streams: {},
    first_recv: startUs,
    last_recv: startUs + 2_000_000,
    first_event: startUs,
    last_event: startUs + 2_000_000,
    first_trade_id: null,
    last_trade_id: null,
  });
  return path;
}
