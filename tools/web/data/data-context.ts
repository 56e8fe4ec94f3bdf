// What every answer about the lake's data is made with.

import type { Clock } from '../../../lake/clock.ts';
import type { Config } from '../../../lake/config.ts';
import { formatDay, startOfDayUs, usPerDay } from '../../../lake/day.ts';
import type { SqlValue } from '../../../lake/duckdb.ts';
import type { Instrument } from '../../../lake/layout.ts';
import type { Answer, WantedRows } from '../question.ts';
import { type FileFormat, writeAnswerFile } from './answer-file.ts';
import type { FreshTail } from './fresh-tail.ts';
import type { Instruments } from './instruments.ts';
import type { LakeReader } from './lake-reader.ts';
import type { RawHead } from './raw-head.ts';
import { setVariables } from './session-reader.ts';
import type { BarSource } from './symbol-bars.ts';

export type DataContext = BarSource & {
  config: Config;
  clock: Clock;
  /** The views of the catalog. */
  reader: LakeReader;
  /** Writes files, and keeps nobody else waiting. */
  exporter: { reader: LakeReader; outPath: string };
  tail: FreshTail;
  head: RawHead;
  instruments: Instruments;
};

/** How far the exchange's clock may be ahead of ours. */
export const aheadUs = 60_000_000;

/** Before when all rows of a symbol lie, that are there now; `toUs` where that is earlier. */
export async function findEnd(
  { instruments, clock }: DataContext,
  instrument: Instrument,
  toUs = Number.POSITIVE_INFINITY,
): Promise<{ firstUs: number; endUs: number }> {
  const endUs = Math.min(toUs, clock.nowUs() + aheadUs);
  const days = await instruments.findDays(instrument);
  if (days === undefined) return { firstUs: endUs, endUs };
  // Days are those of receipt, too: what was traded can lie in the day before.
  const firstUs = startOfDayUs(days.first) - usPerDay;
  return { firstUs, endUs: Math.min(endUs, startOfDayUs(days.last) + 2 * usPerDay) };
}

/** A symbol between two times, the second exclusive, as SQL takes it; the days keep files from being read. */
export function toVariables({ exchange, symbol }: Instrument, fromUs: number, toUs: number) {
  return { exchange, symbol, ...toTimeVariables(fromUs, toUs) };
}

export function toTimeVariables(fromUs: number, toUs: number) {
  return {
    from_us: fromUs,
    to_us: toUs,
    from_day: formatDay(fromUs),
    to_day: formatDay(Math.max(fromUs, toUs - 1)),
  };
}

export function toBody(value: unknown): { body: Uint8Array } {
  return { body: Buffer.from(JSON.stringify(value)) };
}

/** The rows of a statement as a file. */
export function writeFile(
  { exporter }: DataContext,
  sql: string,
  variables: Record<string, SqlValue>,
  { format, limit, isCutWanted }: Pick<WantedRows, 'format' | 'limit' | 'isCutWanted'>,
): Promise<Answer> {
  const { reader, outPath } = exporter;
  const limits = { outPath, maxRows: limit, isCutWanted };
  return reader.withSession(async (session) => {
    await setVariables(session, variables);
    return writeAnswerFile(session, sql, format as FileFormat, limits);
  });
}
