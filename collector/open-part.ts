// A part that is being written, and whether the next line still belongs to it. A part is of one day, and
// its receive times are of one clock: it ends where that is set. Decides only.

import type { Clock } from '../lake/clock.ts';
import type { IdRange } from './id-ranges.ts';
import type { PartTally } from './part-tally.ts';
import type { PartWriter } from './part-writer.ts';
import {
  type DaySpan,
  isClockSet,
  isOutside,
  type Moment,
  type RotationLimits,
} from './rotation.ts';

export type OpenPart = {
  span: DaySpan;
  /** When its first line was received. */
  begun: Moment;
  writer: PartWriter;
  tally: PartTally;
  /** Trades that were missing, and no longer are when it is sealed. */
  settled: IdRange[];
};

/** Between two lines of a busy symbol less time passes; else it is asked whether the clock was set. */
const looksSetUs = 1_000_000;

/** Whether a line of `length` bytes received at `recvUs` belongs to the next part. */
export function isOver(
  part: OpenPart,
  recvUs: number,
  length: number,
  { maxBytes, maxFrames }: RotationLimits,
  clock: Clock,
): boolean {
  const { span, tally, writer } = part;
  return (
    isOutside(span, recvUs) ||
    tally.totalFrames >= maxFrames ||
    writer.buffer.appendedBytes + length > maxBytes ||
    (Math.abs(recvUs - tally.lastRecvUs) > looksSetUs && isClockSetSince(part, recvUs, clock))
  );
}

/** Whether the wall clock, which says `nowUs`, was set since the part has begun. */
export function isClockSetSince({ begun }: OpenPart, nowUs: number, clock: Clock): boolean {
  return isClockSet(begun, { us: nowUs, ms: clock.monotonicMs() });
}
