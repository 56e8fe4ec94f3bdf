// Puts a whole part that lies in a staging folder beside the collector's: claims a number, seals, and
// describes it in the raw manifest. The number is claimed by linking the complete file to
// `part_NNNN.jsonl.open`, so that a collector that starts at that moment finds what it would seal
// itself. What a crash leaves staged is finished or dropped by `recoverStaged`.

import { access, link, mkdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { listNames, syncPath, writeFileDurably } from '../../lake/durable.ts';
import { findErrorCode, OperationalError } from '../../lake/errors.ts';
import {
  formatPartStem,
  openSuffix,
  type PartCompression,
  parsePartFileName,
  partSuffixes,
} from '../../lake/layout.ts';
import { appendPartRecord, type PartRecord, readPartRecords } from '../../lake/part-manifest.ts';
import { DayFolder, DayFolders } from './day-folder.ts';
import { digestLines } from './plain-digest.ts';

/** What the manifest will say of the part, but for its name. */
type Description = Omit<PartRecord, 'part'>;

/** A part as it lies in the staging folder, all files synced. */
export type StagedPart = {
  dayDir: string;
  /** Plain lines. */
  plainPath: string;
  plain: Description;
  /** The same lines compressed, where parts are. */
  packed: { path: string; compression: PartCompression; description: Description } | undefined;
};

/** As noted beside it: it is being claimed under a number after that. */
type StagedNote = StagedPart & { after: number };

const maxAttempts = 50;
const noteSuffix = '.staged.json';

/** Is told the file name of a part that was claimed and described, before what was staged of it goes. */
export type OnClaimed = (staged: StagedPart, part: string) => Promise<void>;

const ignoreClaim: OnClaimed = async () => {};

/**
 * Claims, seals and describes the part, and removes what was staged. Returns its file name. Who claims many
 * hands in the same `folders`, so that their day is not read once for each.
 */
export async function claimPart(
  staged: StagedPart,
  onClaimed: OnClaimed = ignoreClaim,
  folders = new DayFolders(),
): Promise<string> {
  const { dayDir } = staged;
  await mkdir(dayDir, { recursive: true });
  await syncPath(dirname(dayDir));
  const folder = await folders.find(dayDir);
  const note: StagedNote = { ...staged, after: await folder.findLastNumber() };
  await writeFileDurably(staged.plainPath + noteSuffix, JSON.stringify(note));
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    if (attempt > 0) await folder.list();
    const number = (await folder.findLastNumber()) + 1;
    const openPath = join(dayDir, formatPartStem(number) + partSuffixes.none + openSuffix);
    try {
      await link(staged.plainPath, openPath);
    } catch (thrown) {
      if (findErrorCode(thrown) === 'EEXIST') continue;
      throw thrown;
    }
    folder.noteTaken(number);
    if (await isSealed(dayDir, number)) await unlink(openPath);
    else return finishClaim(staged, folder, number, onClaimed);
  }
  throw new OperationalError(`claim part in ${dayDir}: every next number is taken`, {
    hint: 'run it again; other processes write to this folder',
    retryable: true,
  });
}

/** Finishes the claims and drops the rest of what a killed process has left in a staging folder. */
export async function recoverStaged(
  stagingDir: string,
  onClaimed: OnClaimed = ignoreClaim,
): Promise<void> {
  for (const name of await listNames(stagingDir)) {
    if (!name.endsWith(noteSuffix)) continue;
    const staged: StagedNote = JSON.parse(await readFile(join(stagingDir, name), 'utf8'));
    const number = await findClaimed(staged);
    if (number !== undefined) {
      await finishClaim(staged, await DayFolder.open(staged.dayDir), number, onClaimed);
    } else {
      const part = await findResealed(staged);
      if (part !== undefined) await onClaimed(staged, part);
    }
  }
  await rm(stagingDir, { recursive: true, force: true });
}

/** From the number claimed to the part sealed and described; may be repeated from any point. */
async function finishClaim(
  staged: StagedPart,
  folder: DayFolder,
  number: number,
  onClaimed: OnClaimed,
): Promise<string> {
  const { dayDir, packed } = staged;
  const stem = formatPartStem(number);
  const openPath = join(dayDir, stem + partSuffixes.none + openSuffix);
  if (packed === undefined) await move(openPath, join(dayDir, stem + partSuffixes.none));
  else {
    await linkOnce(packed.path, join(dayDir, stem + partSuffixes[packed.compression]));
    await syncPath(dayDir);
    await removeOnce(openPath);
  }
  await syncPath(dayDir);
  const part = await describe(staged, folder, stem);
  await onClaimed(staged, part);
  for (const path of [packed?.path, staged.plainPath, staged.plainPath + noteSuffix]) {
    if (path !== undefined) await rm(path, { force: true });
  }
  return part;
}

/**
 * A starting collector may have sealed the claimed part itself, as it stands or compressed its own
 * way: then that is the part, and ours of the same number goes.
 */
async function describe(staged: StagedPart, folder: DayFolder, stem: string): Promise<string> {
  const { dayDir, plainPath, plain, packed } = staged;
  const plainName = stem + partSuffixes.none;
  const packedName = packed && stem + partSuffixes[packed.compression];
  if (await isSameFile(plainPath, join(dayDir, plainName))) {
    if (packedName !== undefined) await removeOnce(join(dayDir, packedName));
    await appendMissing(folder, { part: plainName, ...plain });
    return plainName;
  }
  if (packedName !== undefined && (await isSameFile(packed!.path, join(dayDir, packedName)))) {
    await appendMissing(folder, { part: packedName, ...packed!.description });
    return packedName;
  }
  return plainName;
}

async function appendMissing(folder: DayFolder, record: PartRecord): Promise<void> {
  const known = await folder.findRecord(record.part);
  if (known?.first_trade_id === record.first_trade_id) return;
  await appendPartRecord(folder.path, record);
}

/** The number under which the staged part was claimed; undefined where it was not. */
async function findClaimed({ dayDir, plainPath, packed }: StagedPart): Promise<number | undefined> {
  for (const name of await listNames(dayDir)) {
    const parsed = parsePartFileName(name);
    if (parsed === undefined) continue;
    const path = join(dayDir, name);
    if (await isSameFile(plainPath, path)) return parsed.number;
    if (packed !== undefined && (await isSameFile(packed.path, path))) return parsed.number;
  }
  return undefined;
}

/** A part of the same lines that came after: a collector that started has sealed the claim its own way. */
async function findResealed({ dayDir, after, plain }: StagedNote): Promise<string | undefined> {
  const records = await readPartRecords(dayDir);
  for (const name of await listNames(dayDir)) {
    const parsed = parsePartFileName(name);
    if (parsed === undefined || parsed.open || parsed.number <= after) continue;
    const record = records.get(name);
    const isAlike = record === undefined || record.first_recv === plain.first_recv;
    if (!isAlike || (record !== undefined && record.lines !== plain.lines)) continue;
    const digest = await digestLines(join(dayDir, name), parsed.compression);
    if (digest === plain.sha256) return name;
  }
  return undefined;
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([statOnce(one), statOnce(other)]);
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

function statOnce(path: string) {
  return stat(path, { bigint: true }).catch(ignoreAbsent);
}

async function isSealed(dayDir: string, number: number): Promise<boolean> {
  for (const suffix of Object.values(partSuffixes)) {
    const path = join(dayDir, formatPartStem(number) + suffix);
    if ((await access(path).then(() => true, ignoreAbsent)) === true) return true;
  }
  return false;
}

async function move(from: string, to: string): Promise<void> {
  await rename(from, to).catch(ignoreAbsent);
}

async function linkOnce(from: string, to: string): Promise<void> {
  await link(from, to).catch((thrown) => {
    if (findErrorCode(thrown) !== 'EEXIST') throw thrown;
  });
}

async function removeOnce(path: string): Promise<void> {
  await unlink(path).catch(ignoreAbsent);
}

function ignoreAbsent(thrown: unknown): undefined {
  if (findErrorCode(thrown) !== 'ENOENT') throw thrown;
}
