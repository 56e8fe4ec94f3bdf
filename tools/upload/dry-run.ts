// What an upload would do, file by file: for `--dry-run`. A store that the ledger knows nothing of, or that is to
// be asked, is compared with what is here, but for raw parts, which would have to be compressed for that. Nothing
// is compressed, sent or deleted but the object by which every run sees whether it may.

import { join } from 'node:path';
import { OperationalError } from '../../lake/errors.ts';
import { uploadSendingDir } from '../../lake/layout.ts';
import type { ExitCode } from '../../lake/mode.ts';
import { StoreError } from '../store/store.ts';
import { type Foreseen, foreseeFile, foreseeUnit } from './foresee.ts';
import { findLacks, formatHeld, type Lack, surveyLake, type UploadScope } from './survey.ts';
import { formatUnit, type SourceFile, type Unit } from './unit.ts';
import {
  checkStores,
  chooseTargets,
  describeSurvey,
  openTargets,
  type UploadRun,
} from './upload-lake.ts';
import { UploadStatusFile } from './upload-status.ts';

/** `exitCode` is 1 where an upload would fail as well; `sent` has the units of which every file would arrive in every store. */
export type DryRun = { exitCode: ExitCode; sent: Set<string> };

type Tally = { files: number; bytes: number; compared: number; refused: number };

export async function reportDryRun(run: UploadRun, scope: UploadScope): Promise<DryRun> {
  const { config, clock, log } = run;
  const status = await UploadStatusFile.open(config.root, 'upload', clock);
  const targets = chooseTargets(openTargets(run, status), scope);
  await checkStores(targets, log);
  const surveying = describeSurvey(run, targets);
  const { due, held } = await surveyLake(surveying, scope);
  const tally: Tally = { files: 0, bytes: 0, compared: 0, refused: 0 };
  const sent = new Set<string>();
  for (const { unit } of due) {
    const before = tally.refused;
    for (const lack of await findLacks(surveying, unit, scope.date !== undefined)) {
      if (lack.target.ended === undefined) await tellLack(run, scope, unit, lack, tally);
    }
    if (tally.refused === before) sent.add(formatUnit(unit));
  }
  for (const one of held) print(`hold ${formatHeld(one)}`);
  for (const { store, ended } of targets) {
    if (ended !== undefined) log.error(`upload to ${store.url}: ${ended}`);
  }
  print(formatTally(tally, held.length));
  const isEnded = targets.some(({ ended }) => ended !== undefined);
  // Of what one store does not take nothing would be deleted here.
  return { exitCode: tally.refused > 0 || isEnded ? 1 : 0, sent: isEnded ? new Set() : sent };
}

async function tellLack(
  { config, signal }: UploadRun,
  { date }: UploadScope,
  unit: Unit,
  { target, files }: Lack,
  tally: Tally,
): Promise<void> {
  const folder = join(uploadSendingDir(config.root, 'upload'), 'dry-run');
  const asking = { root: config.root, unit, folder, isAsked: date !== undefined, signal };
  try {
    const state = await foreseeUnit(target, asking, files);
    for (const file of files.filter(({ isAbsent }) => !isAbsent)) {
      tell(target.store.url, file, await foreseeFile(target, asking, state, file), tally);
    }
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof OperationalError)) throw thrown;
    if (thrown instanceof StoreError && thrown.failure !== 'precondition') {
      target.end(thrown.message);
      return;
    }
    tally.refused++;
    print(`cannot send ${formatUnit(unit)} to ${target.store.url}: ${thrown.message}`);
  }
}

function tell(url: string, { key, bytes, isPacked }: SourceFile, what: Foreseen, tally: Tally) {
  const size = `${bytes} bytes${isPacked ? ' before compression' : ''}`;
  if (what === 'have') return;
  print(`${what} ${key} (${size}) ${what === 'compare' ? 'with what is in' : 'to'} ${url}`);
  if (what === 'compare') tally.compared++;
  else {
    tally.files++;
    tally.bytes += bytes;
  }
}

function formatTally({ files, bytes, compared, refused }: Tally, held: number): string {
  const compare = compared > 0 ? `, and compare ${compared} raw files with what is there` : '';
  const refuse = refused > 0 ? `; ${refused} days cannot be sent, see above` : '';
  return `would send ${files} files, ${bytes} bytes${compare}${refuse}; ${held} days wait`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
