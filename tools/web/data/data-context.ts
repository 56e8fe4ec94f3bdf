// What every answer about the lake's data is made with.

import type { Clock } from '../../../lake/clock.ts';
import type { Config } from '../../../lake/config.ts';
import type { Instrument } from '../../../lake/layout.ts';
import type { FreshTail } from './fresh-tail.ts';
import type { Instruments } from './instruments.ts';
import type { LakeReader } from './lake-reader.ts';

export type DataContext = {
  config: Config;
  clock: Clock;
  reader: LakeReader;
  tail: FreshTail;
  instruments: Instruments;
};

/** How long an answer waits for the tail to be brought up to date. */
export const freshWithinMs = 60;

/** Symbol and exchange, as SQL takes them. */
export function toVariables({ exchange, symbol }: Instrument) {
  return { exchange, symbol };
}

export function toBody(value: unknown): { body: Uint8Array } {
  return { body: Buffer.from(JSON.stringify(value)) };
}
