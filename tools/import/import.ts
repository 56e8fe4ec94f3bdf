// Mode `import`: takes the sealed raw parts of another lake on this machine into this one: of a second
// collector, of a bridge during an upgrade, of the disk of a machine that died. What a dead collector has
// left open there is sealed first; a lake that is still being written is refused. Nothing there is deleted.
// It can be ended at any moment, and the next run goes on: every part comes in exactly once.

import { resolve } from 'node:path';
import { readDiskSpace } from '../../lake/disk-space.ts';
import { formatReason, OperationalError, UsageError } from '../../lake/errors.ts';
import { type Instrument, type PartCompression, tempDir } from '../../lake/layout.ts';
import { type Lock, takeLock } from '../../lake/lock.ts';
import type { Log } from '../../lake/log.ts';
import type { ExitCode, ModeContext, RunMode } from '../../lake/mode.ts';
import { readText } from '../../lake/mode-options.ts';
import type { PartRecord } from '../../lake/part-manifest.ts';
import { openProgressBar, type ProgressKind } from '../../lake/progress.ts';
import { claimPart, recoverStaged } from '../backfill/claim-part.ts';
import { DayFolders } from '../backfill/day-folder.ts';
import { type ForeignPart, listForeignParts } from './foreign-parts.ts';
import { formatImport, type ImportTally } from './import-summary.ts';
import { noteImported } from './imported-parts.ts';
import { checkOtherRoot } from './other-root.ts';
import { stageForeignPart } from './stage-part.ts';

/** What the collector knows of parts: stages never import each other, so it is handed in. */
export type CollectorParts = {
  /** Seals and describes what a crash has left in a lake. */
  recoverParts(options: { root: string; compression: PartCompression; log: Log }): Promise<void>;
  /** Describes a sealed part from its bytes. */
  describePart(path: string, instrument: Instrument): Promise<PartRecord>;
};

/** Held by whoever may write raw parts into a lake. */
const lakeLocks = ['orchestrate', 'collect'] as const;

/** Left free for the collector that may be running here. */
const minFreeBytes = 1e9;

const importProgress: ProgressKind = {
  verb: 'import',
  formatAmounts: (done, total) => `${(done / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`,
};

export function openImport(collector: CollectorParts): RunMode {
  return async (context) => {
    const { root } = context.config;
    const given = readText(context.options, 'other');
    if (given === undefined)
      throw new UsageError('parse --other: the root of the other lake is missing');
    const other = resolve(given);
    await checkOtherRoot(root, other);
    const lock = await takeLock(root, 'import');
    try {
      await clearStaged(root);
      return await withQuietLake(other, () => importLake(context, other, collector));
    } finally {
      await lock.release();
    }
  };
}

/** What a run that was killed had claimed becomes a part, and the rest goes. */
function clearStaged(root: string): Promise<void> {
  return recoverStaged(tempDir(root, 'import'), (staged, part) => noteImported(root, staged, part));
}

/** Holds the locks of a lake that nobody collects into. */
async function withQuietLake<T>(other: string, run: () => Promise<T>): Promise<T> {
  const locks: Lock[] = [];
  try {
    for (const name of lakeLocks) locks.push(await takeLock(other, name));
    return await run();
  } catch (thrown) {
    if (locks.length === lakeLocks.length) throw thrown;
    const isHeld = thrown instanceof OperationalError && thrown.retryable;
    throw new OperationalError(`import ${other}: ${formatReason(thrown)}`, {
      hint: isHeld
        ? 'it is still being written: stop its collector first'
        : 'it has to be writable: what a crash has left open there is sealed first',
      retryable: isHeld,
      cause: thrown,
    });
  } finally {
    for (const lock of locks.reverse()) await lock.release();
  }
}

async function importLake(
  context: ModeContext,
  other: string,
  collector: CollectorParts,
): Promise<ExitCode> {
  const { config, log, clock, signal } = context;
  const { root } = config;
  await collector.recoverParts({ root: other, compression: 'none', log });
  const { parts, known, lost } = await listForeignParts(root, other, collector.describePart);
  if (lost > 0) {
    log.warn(`import ${other}: ${lost} parts are described there and deleted`, {
      hint: 'what they held is in the partitions of that lake only; --mode backfill fetches trades',
    });
  }
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  await checkRoom(root, other, bytes);
  const tally: ImportTally = { taken: 0, bytes: 0, known, failed: 0, instruments: new Set() };
  const bar = openProgressBar(process.stderr, bytes, clock.monotonicMs, importProgress);
  const folders = new DayFolders();
  for (const part of parts) {
    if (signal.aborted) break;
    await importPart(root, part, folders, tally, log);
    bar.add(part.bytes);
  }
  bar.finish();
  const text = formatImport(other, tally, parts.length - tally.taken - tally.failed);
  log.info(text);
  process.stdout.write(`${text}\n`);
  return tally.failed === 0 ? 0 : 1;
}

async function checkRoom(root: string, other: string, bytes: number): Promise<void> {
  const { freeBytes } = await readDiskSpace(root);
  if (bytes + minFreeBytes <= freeBytes) return;
  const [wantedGb, freeGb] = [bytes / 1e9, freeBytes / 1e9].map((gb) => gb.toFixed(1));
  throw new OperationalError(`import ${other}: ${wantedGb} GB to copy, ${freeGb} GB free`, {
    hint: `make room under ${root}: 1 GB more than is copied has to be free`,
    retryable: true,
  });
}

/** One damaged part does not keep the others out. */
async function importPart(
  root: string,
  part: ForeignPart,
  folders: DayFolders,
  tally: ImportTally,
  log: Log,
): Promise<void> {
  const staged = await stageForeignPart(root, part);
  if ('fault' in staged) {
    tally.failed++;
    log.error(`import part ${part.path}: ${staged.fault}`, {
      hint: 'the part was not taken; restore it there and import again',
    });
    return;
  }
  await claimPart(staged, (claimed, name) => noteImported(root, claimed, name), folders);
  tally.taken++;
  tally.bytes += part.bytes;
  tally.instruments.add(`${part.instrument.exchange}/${part.instrument.symbol}`);
}
