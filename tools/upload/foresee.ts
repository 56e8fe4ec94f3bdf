// What an upload would do with a file, from what the ledger says and the store has at this moment. What is
// fetched to be compared lies in a folder of its own. Sends nothing, notes nothing.

import { mkdir } from 'node:fs/promises';
import { findAway } from '../../lake/away.ts';
import { OperationalError } from '../../lake/errors.ts';
import { measureFile } from '../store/local-file.ts';
import { withRetries } from '../store/retry.ts';
import { dataKey, describedDatasets } from './day-files.ts';
import { absentHint, dropFrozen } from './frozen-files.ts';
import { readUploadLedger, type UploadedFile } from './ledger.ts';
import { type Asking, isSuccessor } from './owner.ts';
import { askStore } from './send-file.ts';
import type { Target } from './target.ts';
import { findLedgerPath, type SourceFile, type Unit } from './unit.ts';
import { compareObject } from './witness.ts';

/** `have`: nothing is to be done; `compare`: that is seen only when the part has been compressed. */
export type Foreseen = 'send' | 'replace' | 'have' | 'compare';

export type Foreseeing = Asking & { isAsked: boolean; signal: AbortSignal };

/** What is known of the unit, and whether the store is asked first all the same. */
export type UnitState = { known: ReadonlyMap<string, UploadedFile>; asks: boolean };

/** Throws OperationalError where a file is neither here nor there. */
export async function foreseeUnit(
  target: Target,
  { root, unit, isAsked }: Foreseeing,
  files: readonly SourceFile[],
): Promise<UnitState> {
  const { store } = target;
  const known = await readUploadLedger(findLedgerPath(root, store.name, unit), store.url);
  for (const { key } of files.filter(({ isAbsent }) => isAbsent)) {
    if (await isThere(root, unit, target, key)) continue;
    const what = `${key} is neither here nor there`;
    throw new OperationalError(what, { hint: absentHint });
  }
  const isDoubtful = unit.kind === 'day' && !(await isSuccessor(root, unit, known));
  return { known, asks: isAsked || known.size === 0 || isDoubtful };
}

/** Throws StoreError where what is there is not ours. */
export async function foreseeFile(
  target: Target,
  { signal, ...asking }: Foreseeing,
  { known, asks }: UnitState,
  file: SourceFile,
): Promise<Foreseen> {
  if (!asks) return known.has(file.key) ? 'replace' : 'send';
  if (file.isPacked) return (await findObject(target, file.key)) ? 'compare' : 'send';
  await mkdir(asking.folder, { recursive: true });
  try {
    const local = await measureFile(file.path, signal);
    const plan = await askStore(target, { source: file, local, sha256: '' }, asking);
    if ('arrived' in plan) return 'have';
    return plan.precondition === 'absent' ? 'send' : 'replace';
  } finally {
    await dropFrozen(asking.folder);
  }
}

/** Whether the store has the Parquet file that was sent away. */
async function isThere(
  root: string,
  { instrument, day }: Unit,
  target: Target,
  key: string,
): Promise<boolean> {
  const dataset = describedDatasets.find((one) => dataKey(one, instrument, day) === key);
  const away = dataset && (await findAway(root, dataset, instrument, day));
  if (away === undefined) return false;
  const version = away.stores.find(({ url }) => url === target.store.url)?.version ?? '';
  const object = await findObject(target, key);
  return typeof compareObject(object, { ...away, version }) !== 'string';
}

function findObject({ store, retry }: Target, key: string) {
  return withRetries((signal) => store.head(key, signal), retry);
}
