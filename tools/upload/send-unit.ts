// Sends what some stores lack of a unit: Parquet files and state first, then the manifests, each file read
// once for all stores. A store that refuses a file gets no manifest of the unit, and the others go on.

import { formatReason, isSystemError, OperationalError } from '../../lake/errors.ts';
import type { Log } from '../../lake/log.ts';
import { withRetries } from '../store/retry.ts';
import { StoreError } from '../store/store.ts';
import { recogniseAway } from './away-copies.ts';
import { manifestKey } from './day-files.ts';
import { dropFrozen, type Freezing, type Frozen, freezeUnit } from './frozen-files.ts';
import type { Gate } from './gate.ts';
import { readUploadLedger, type UploadedFile } from './ledger.ts';
import { expectKept, isSuccessor } from './owner.ts';
import { dropPrepared, type PreparedFile, prepareFile } from './prepared-file.ts';
import { type Sent, sendFile, type UploadStep } from './send-file.ts';
import type { Target } from './target.ts';
import { findLedgerPath, formatUnit, isLacking, type SourceFile, type Unit } from './unit.ts';

export type UnitContext = Freezing & {
  log: Log;
  /** Files on their way at the same time, and units being frozen: one. */
  files: Gate;
  freezes: Gate;
  /** Whether the stores are asked for everything, whatever the ledger says. */
  isAsked: boolean;
  /** Leaves files out that are lacking; all are sent where nothing is said. */
  selects?: (file: SourceFile) => boolean;
  readNowMs(): number;
  onStep(step: UploadStep): void;
  /** A file has arrived or was found to be there; `bytes` are those of the file here. */
  onSent(target: Target, file: SourceFile, sent: Sent): void;
};

/** What a store is known to have of the unit, and which keys are there where nothing is known. */
type Receiver = {
  target: Target;
  ledgerPath: string;
  known: ReadonlyMap<string, UploadedFile>;
  /** Of a day: nothing is known, or what it has is no earlier state of what is here. Then it is asked. */
  isDoubtful: boolean;
  listed: ReadonlySet<string> | undefined;
  /** Of a day: whether its manifest was never sent. */
  isNew: boolean;
};

/** The errors of stores, by store. */
export type UnitFailures = Map<Target, StoreError>;

/**
 * Resolves to why stores have failed. Throws OperationalError where something is wrong with the files or the disk
 * here.
 */
export async function sendUnit(
  context: UnitContext,
  unit: Unit,
  targets: readonly Target[],
): Promise<UnitFailures> {
  try {
    return await sendLacking(context, unit, targets);
  } catch (thrown) {
    if (!isSystemError(thrown)) throw thrown;
    throw new OperationalError(`send ${formatUnit(unit)}: ${formatReason(thrown)}`, {
      hint: `see that the disk of ${context.root} has room and can be written; nothing here was changed`,
      cause: thrown,
    });
  }
}

async function sendLacking(
  context: UnitContext,
  unit: Unit,
  targets: readonly Target[],
): Promise<UnitFailures> {
  const failures: UnitFailures = new Map();
  const receivers = await openReceivers(context, unit, targets, failures);
  if (receivers.length === 0) return failures;
  const name = formatUnit(unit).replaceAll(/[/ ]/g, '-');
  const frozen = await context.freezes.pass(() =>
    freezeUnit(context, unit, name, (file) =>
      receivers.some((receiver) => isWanted(context, receiver, file)),
    ),
  );
  try {
    for (const areManifests of [false, true]) {
      const files = frozen.files.filter(({ isManifest }) => isManifest === areManifests);
      const sends = files.map((file) =>
        context.files.pass(() => sendToAll(context, unit, frozen, file, receivers, failures)),
      );
      await settleAll(sends);
    }
    for (const { target, ledgerPath } of receivers.filter(({ isNew }) => isNew)) {
      if (failures.has(target)) continue;
      await withFailure(target, failures, () => expectKept(target, ledgerPath));
    }
  } finally {
    await dropFrozen(frozen.folder);
  }
  context.onStep('unit done');
  return failures;
}

async function openReceivers(
  { root, rawPrefix }: UnitContext,
  unit: Unit,
  targets: readonly Target[],
  failures: UnitFailures,
): Promise<Receiver[]> {
  const receivers: Receiver[] = [];
  for (const target of targets.filter(({ ended }) => ended === undefined)) {
    const ledgerPath = findLedgerPath(root, target.store.name, unit);
    const noted = await readUploadLedger(ledgerPath, target.store.url);
    await withFailure(target, failures, async () => {
      const known =
        unit.kind === 'raw' ? noted : await recogniseAway(root, unit, target, ledgerPath, noted);
      const isUnknown = unit.kind === 'raw' && known.size === 0;
      const listed = isUnknown ? await listKeys(target, rawPrefix, unit) : undefined;
      const isDoubtful =
        unit.kind === 'day' && (noted.size === 0 || !(await isSuccessor(root, unit, known)));
      const { instrument, day } = unit;
      const isNew = unit.kind === 'day' && !known.has(manifestKey('bars_1s', instrument, day));
      receivers.push({ target, ledgerPath, known, isDoubtful, listed, isNew });
    });
  }
  return receivers;
}

/** One question for all the parts of a folder. */
function listKeys({ store, retry }: Target, rawPrefix: string, unit: Unit): Promise<Set<string>> {
  const { exchange, symbol } = unit.instrument;
  return withRetries(async (signal) => {
    const keys = new Set<string>();
    const prefix = `${rawPrefix}/${exchange}/${symbol}/${unit.day}/`;
    for await (const { key } of store.list(prefix, signal)) keys.add(key);
    return keys;
  }, retry);
}

function isWanted(
  { isAsked, selects }: UnitContext,
  { known }: Receiver,
  file: SourceFile,
): boolean {
  return isLacking(file, known.get(file.key), isAsked) && selects?.(file) !== false;
}

async function sendToAll(
  context: UnitContext,
  unit: Unit,
  { folder }: Frozen,
  file: SourceFile,
  receivers: readonly Receiver[],
  failures: UnitFailures,
): Promise<void> {
  const wanting = receivers.filter(
    (receiver) => !failures.has(receiver.target) && isWanted(context, receiver, file),
  );
  if (wanting.every(({ target }) => target.ended !== undefined)) return;
  const prepared = await prepareFile(file, folder, context.signal);
  context.onStep('prepared');
  try {
    for (const receiver of wanting) {
      await withFailure(receiver.target, failures, () =>
        sendTo(context, unit, folder, prepared, receiver),
      );
    }
  } finally {
    await dropPrepared(prepared);
  }
}

async function sendTo(
  context: UnitContext,
  unit: Unit,
  folder: string,
  prepared: PreparedFile,
  { target, ledgerPath, known, isDoubtful, listed }: Receiver,
): Promise<void> {
  const { root, isAsked, readNowMs, onStep, onSent } = context;
  const { key } = prepared.source;
  const sent = await sendFile(target, prepared, {
    root,
    unit,
    folder,
    ledgerPath,
    known: known.get(key),
    isAsked: isAsked || isDoubtful || listed?.has(key) === true,
    readNowMs,
    onStep,
  });
  target.succeed();
  onSent(target, prepared.source, sent);
}

/** Notes that a store has failed, for this unit and for the run. What else is thrown goes on. */
async function withFailure(
  target: Target,
  failures: UnitFailures,
  work: () => Promise<void>,
): Promise<void> {
  if (target.ended !== undefined) return;
  try {
    await work();
  } catch (thrown) {
    // The run has given the store up while this was on its way.
    if (target.ended === undefined && !(thrown instanceof StoreError)) throw thrown;
    if (thrown instanceof StoreError) {
      if (!failures.has(target)) failures.set(target, thrown);
      target.fail(thrown);
    } else if (thrown instanceof OperationalError) throw thrown;
  }
}

/** Waits for all of them, then throws what the first one threw. */
async function settleAll(works: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(works);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
