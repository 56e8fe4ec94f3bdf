// Sends one file to one store, so that it is there exactly once: what is there already is left, an earlier
// state of it is replaced, and what is another lake's stays. The ledger is written when the store has
// confirmed the digest, never before.

import { putWithRetries, withRetries } from '../store/retry.ts';
import {
  type LocalFile,
  type Precondition,
  type StoredObject,
  StoreError,
} from '../store/store.ts';
import { noteUploaded, type UploadedFile } from './ledger.ts';
import { type Asking, judgeFound } from './owner.ts';
import type { PreparedFile } from './prepared-file.ts';
import type { Target } from './target.ts';

/** Where a file stands; a kill at each of them is tested. */
export const uploadSteps = ['prepared', 'asked', 'arrived', 'noted', 'unit done'] as const;
export type UploadStep = (typeof uploadSteps)[number];

export type Sending = Asking & {
  ledgerPath: string;
  known: UploadedFile | undefined;
  /** Whether the store is asked first: the ledger knows nothing of the unit, or is not to be believed. */
  isAsked: boolean;
  readNowMs(): number;
  onStep(step: UploadStep): void;
};

/** What was done: sent as new, sent in place of an earlier state, or found to be there. */
export type Sent = 'new' | 'revision' | 'there';

type Arrived = { sent: Sent; object: StoredObject; local: LocalFile };
type Plan = { arrived: Arrived } | { precondition: Precondition };

export async function sendFile(
  target: Target,
  file: PreparedFile,
  sending: Sending,
): Promise<Sent> {
  const { known, isAsked, onStep } = sending;
  if (known?.sha256 === file.sha256 && !isAsked) {
    await note(file, sending, known);
    return 'there';
  }
  const expected: Plan = { precondition: known === undefined ? 'absent' : known };
  const plan = isAsked ? await askStore(target, file, sending) : expected;
  onStep('asked');
  const { sent, object, local } = await carryOut(target, file, plan).catch(async (thrown) => {
    if (!(thrown instanceof StoreError) || thrown.failure !== 'precondition') throw thrown;
    // The ledger does not know what is there: it is looked at, once.
    return carryOut(target, file, await askStore(target, file, sending));
  });
  onStep('arrived');
  const { store } = target;
  const { bytes, md5 } = local;
  const { key, version } = object;
  const place = { at: formatTime(sending.readNowMs()), url: store.url, key };
  await note(file, sending, { ...place, bytes, md5, sha256: file.sha256, version });
  onStep('noted');
  return sent;
}

async function carryOut(target: Target, file: PreparedFile, plan: Plan): Promise<Arrived> {
  if ('arrived' in plan) return plan.arrived;
  const { source, local } = file;
  const { precondition } = plan;
  const object = await putWithRetries(
    target.store,
    source.key,
    local,
    precondition,
    target.sendRetry,
  );
  return { sent: precondition === 'absent' ? 'new' : 'revision', object, local };
}

/** Looks at what is there now. Throws StoreError where that is not ours. */
export async function askStore(target: Target, file: PreparedFile, asking: Asking): Promise<Plan> {
  const { store, retry } = target;
  const { source, local } = file;
  const object = await withRetries((signal) => store.head(source.key, signal), retry);
  if (object === undefined) return { precondition: 'absent' };
  if (await withRetries((signal) => store.holds(object, local, signal), retry)) {
    return { arrived: { sent: 'there', object, local } };
  }
  const found = await judgeFound(target, asking, source);
  if (found.is === 'earlier') return { precondition: { version: object.version } };
  if (found.is === 'same') return { arrived: { sent: 'there', object, local: found.there } };
  const { what, hint } = found;
  throw new StoreError('precondition', `send ${source.key} to ${store.url}: ${what}`, { hint });
}

async function note(
  { source }: PreparedFile,
  { ledgerPath }: Sending,
  file: Omit<UploadedFile, 'mtime_ms'>,
): Promise<void> {
  await noteUploaded(ledgerPath, { ...file, mtime_ms: source.mtimeMs });
}

function formatTime(ms: number): string {
  return new Date(ms).toISOString();
}
