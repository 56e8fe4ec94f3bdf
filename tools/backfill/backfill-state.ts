// Where backfill keeps what it has to remember of a symbol. Holds no effects.

import { join } from 'node:path';
import type { Instrument } from '../../lake/layout.ts';

function stateDir(root: string, exchange: string): string {
  return join(root, 'state', 'backfill', exchange);
}

/** Ids that were asked for and not there, one line per range. */
export function askedPath(root: string, { exchange, symbol }: Instrument): string {
  return join(stateDir(root, exchange), `${symbol}.jsonl`);
}

/** What the manifests said when they were last read. */
export function knownDaysPath(root: string, { exchange, symbol }: Instrument): string {
  return join(stateDir(root, exchange), `${symbol}.days.json`);
}

/** Archive files that were taken over, one line per day. */
export function takenFilesPath(root: string, { exchange, symbol }: Instrument): string {
  return join(stateDir(root, exchange), `${symbol}.files.jsonl`);
}
