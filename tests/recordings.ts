// The recorded Binance session beside the checkout, which is not part of the project: where it lies, and
// the test that says so where it is absent.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

export const recordingFolder = join(import.meta.dirname, '../../shared/data/binance-spot');
export const recordedSymbols = ['BTCUSDT', 'ETHUSDT'] as const;
export const recordingFiles = recordedSymbols.flatMap((symbol) =>
  ['20240808', '20240809'].map((day) =>
    join(recordingFolder, `spot_${symbol.toLowerCase()}_${day}.gz`),
  ),
);
export const hasRecordings = existsSync(recordingFolder);
/** A moment before the first frame, µs since the epoch, by the recorder's clock. */
export const recordingStartUs = Date.parse('2024-08-08T23:54:13Z') * 1000;

/** Where there are no recordings, a test that says so in place of those that need them. */
export function reportAbsence(): void {
  if (hasRecordings) return;
  it('has no recordings beside the checkout, so the tests on them do not run', () => {
    console.warn(`no recordings in ${recordingFolder}: the tests on recorded input did not run`);
    expect(hasRecordings).toBe(false);
  });
}
