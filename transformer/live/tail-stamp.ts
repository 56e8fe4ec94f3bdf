// What a derivation of the live tail stands on, in short: it changes with every publication of the instrument,
// and with every part that is sealed, so that one that was made of two states is known and made again.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Day } from '../../lake/day.ts';
import { findErrorCode } from '../../lake/errors.ts';
import { type Instrument, rawDayDir, transformStateDir } from '../../lake/layout.ts';
import { ledgerPath } from '../ledger.ts';

/**
 * The folder changes when a commit begins and when it ends (its journal comes and goes), a ledger when it says
 * something else. The days are those of which there are raw parts: only their ledgers are asked.
 */
export async function readTailStamp(
  root: string,
  instrument: Instrument,
  rawDays: readonly Day[],
): Promise<string> {
  const folder = transformStateDir(root, instrument);
  const paths = [folder, join(folder, 'commit.json')];
  for (const day of rawDays) {
    paths.push(ledgerPath(root, instrument, day), rawDayDir(root, instrument, day));
  }
  return (await Promise.all(paths.map(describe))).join(' ');
}

async function describe(path: string): Promise<string> {
  try {
    const { mtimeNs, size, ino } = await stat(path, { bigint: true });
    return `${mtimeNs}-${size}-${ino}`;
  } catch (thrown) {
    if (findErrorCode(thrown) !== 'ENOENT') throw thrown;
    return '-';
  }
}
