// What a derivation of the live tail stands on, in short: it changes with every publication of the instrument,
// and with every part that is sealed, so that one that was made of two states is known and made again.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Day } from '../../lake/day.ts';
import { findErrorCode } from '../../lake/errors.ts';
import { type Instrument, rawDayDir, transformStateDir } from '../../lake/layout.ts';
import { ledgerPath } from '../ledger.ts';

export type TailStamp = { standing: string; raw: string };

/**
 * `standing`: the folder of state changes when a commit begins and when it ends (its journal comes and goes), a
 * ledger when it says something else. The days are those of which there are raw parts: only their ledgers are
 * asked. `raw`: their folders change when a part is begun, sealed or deleted.
 */
export async function readTailStamp(
  root: string,
  instrument: Instrument,
  rawDays: readonly Day[],
): Promise<TailStamp> {
  const folder = transformStateDir(root, instrument);
  const ledgers = rawDays.map((day) => ledgerPath(root, instrument, day));
  const folders = rawDays.map((day) => rawDayDir(root, instrument, day));
  return {
    standing: await describe([folder, join(folder, 'commit.json'), ...ledgers]),
    raw: await describe(folders),
  };
}

/** A new day of receipt has no ledger, and changes nothing yet. */
async function describe(paths: readonly string[]): Promise<string> {
  const stamps = await Promise.all(paths.map(describeFile));
  return stamps.filter((stamp) => stamp !== undefined).join(' ');
}

async function describeFile(path: string): Promise<string | undefined> {
  try {
    const { mtimeNs, size, ino } = await stat(path, { bigint: true });
    return `${mtimeNs}-${size}-${ino}`;
  } catch (thrown) {
    if (findErrorCode(thrown) !== 'ENOENT') throw thrown;
    return undefined;
  }
}
