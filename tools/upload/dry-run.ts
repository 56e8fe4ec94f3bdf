// What an upload would do, file by file: for `--dry-run`. A store that the ledger knows nothing of is asked
// what it has; nothing is read, compressed, sent or deleted but the object by which every run sees whether it may.

import { formatReason } from '../../lake/errors.ts';
import type { ExitCode } from '../../lake/mode.ts';
import { withRetries } from '../store/retry.ts';
import { StoreError } from '../store/store.ts';
import { readUploadLedger } from './ledger.ts';
import { findLacks, formatHeld, type Lack, surveyLake, type UploadScope } from './survey.ts';
import { findLedgerPath, type SourceFile, type Unit } from './unit.ts';
import {
  checkStores,
  chooseTargets,
  describeSurvey,
  openTargets,
  type UploadRun,
} from './upload-lake.ts';
import { UploadStatusFile } from './upload-status.ts';

/** 1 where a store cannot be used: then an upload would fail as well. */
export async function reportDryRun(run: UploadRun, scope: UploadScope): Promise<ExitCode> {
  const { config, clock, log } = run;
  const status = await UploadStatusFile.open(config.root, 'upload', clock);
  const targets = chooseTargets(openTargets(run, status), scope);
  await checkStores(targets, log);
  const surveying = describeSurvey(run, targets);
  const { due, held } = await surveyLake(surveying, scope);
  let bytes = 0;
  let objects = 0;
  for (const { unit } of due) {
    for (const lack of await findLacks(surveying, unit, scope.date !== undefined)) {
      if (lack.target.ended !== undefined) continue;
      for (const file of lack.files) {
        const what = await describeFile(config.root, unit, lack, file);
        print(
          `${what} ${file.key} (${file.bytes} bytes${file.isPacked ? ' before compression' : ''}) to ${lack.target.store.url}`,
        );
        bytes += file.bytes;
        objects++;
      }
    }
  }
  for (const one of held) print(`hold ${formatHeld(one)}`);
  for (const { store, ended } of targets) {
    if (ended !== undefined) log.error(`upload to ${store.url}: ${ended}`);
  }
  print(`would send ${objects} files, ${bytes} bytes; ${held.length} days wait`);
  return targets.some(({ ended }) => ended !== undefined) ? 1 : 0;
}

/** `send` a new file, `replace` an earlier state, `compare` with what is there, `look for` what is away. */
async function describeFile(
  root: string,
  unit: Unit,
  { target }: Lack,
  { key, isAbsent }: SourceFile,
): Promise<string> {
  if (isAbsent) return 'look for';
  const { store, retry } = target;
  const known = await readUploadLedger(findLedgerPath(root, store.name, unit), store.url);
  if (known.has(key)) return 'replace';
  if (known.size > 0 || target.ended !== undefined) return 'send';
  try {
    const there = await withRetries((signal) => store.head(key, signal), retry);
    return there === undefined ? 'send' : 'compare';
  } catch (thrown) {
    if (!(thrown instanceof StoreError)) throw thrown;
    target.end(formatReason(thrown));
    return 'send';
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
