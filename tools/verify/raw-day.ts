// The raw parts of one receipt day, held against their manifest: every part described, every line's part
// there, sizes, hashes and line counts as described, nothing left open by a collector that has gone.

import { join } from 'node:path';
import type { Day } from '../../lake/day.ts';
import { readDeletedParts } from '../../lake/deleted-parts.ts';
import { listEntries, readTextIfPresent } from '../../lake/durable.ts';
import {
  type Instrument,
  parsePartFileName,
  rawDayDir,
  rawDir,
  rawManifestName,
} from '../../lake/layout.ts';
import { type PartRecord, readPartRecords } from '../../lake/part-manifest.ts';
import { count, type Finding, summarize } from './finding.ts';
import type { PartMeasure, PartReader } from './measure-part.ts';

export type RawDay = {
  day: Day;
  /** File names of the sealed parts, and of those still being written. */
  sealed: string[];
  open: string[];
  records: Map<string, PartRecord>;
  /** What the manifest described before the parts were listed: all of it must be there. */
  described: string[];
  /** Parts that cleanup has deleted. */
  deleted: ReadonlySet<string>;
  /** Lines of the manifest that describe no part. */
  unreadableLines: number;
};

export async function readRawDay(root: string, instrument: Instrument, day: Day): Promise<RawDay> {
  const folder = rawDayDir(root, instrument, day);
  // Parts go on being sealed and described, in this order.
  const described = [...(await readPartRecords(folder)).keys()];
  const { files } = await listEntries(folder);
  const names = files.filter((name) => parsePartFileName(name) !== undefined);
  const isOpen = (name: string) => parsePartFileName(name)!.open;
  const records = await readPartRecords(folder);
  const text = (await readTextIfPresent(join(folder, rawManifestName))) ?? '';
  return {
    day,
    sealed: names.filter((name) => !isOpen(name)),
    open: names.filter(isOpen),
    records,
    described,
    deleted: await readDeletedParts(root, instrument, day),
    unreadableLines: text.split('\n').filter((line) => line !== '' && !isJson(line)).length,
  };
}

/** `raw/<exchange>/<SYMBOL>/<day>/<file>`: the name by which manifests know a part. */
export function formatPartName(instrument: Instrument, day: Day, file: string): string {
  return join(rawDir('', instrument), day, file);
}

/** Reads every sealed part of the day. `isCollecting` says whether a collector owns what is open. */
export async function checkRawDay(
  raw: RawDay,
  instrument: Instrument,
  reader: PartReader,
  isCollecting: boolean,
): Promise<Finding[]> {
  const findings: Finding[] = [...checkNames(raw, isCollecting)];
  for (const file of raw.sealed) {
    const measured = await reader.measure(formatPartName(instrument, raw.day, file));
    findings.push(...checkPart(file, measured, raw.records.get(file)));
  }
  return findings;
}

function* checkNames(raw: RawDay, isCollecting: boolean): Generator<Finding> {
  const sealed = new Set(raw.sealed);
  const gone = raw.described.filter((name) => !sealed.has(name) && !raw.deleted.has(name));
  if (gone.length > 0) {
    yield {
      severity: 'wrong',
      check: 'part-missing',
      what: `${count(gone.length, 'part')} described, not there, and not deleted by cleanup`,
      examples: summarize(gone),
      remedy: 'restore',
    };
  }
  const undescribed = raw.sealed.filter((name) => !raw.records.has(name));
  if (undescribed.length > 0) {
    yield {
      severity: 'note',
      check: 'part-undescribed',
      what: `${count(undescribed.length, 'part')} without a line in ${rawManifestName}`,
      examples: summarize(undescribed),
    };
  }
  if (raw.open.length > 0 && !isCollecting) {
    yield {
      severity: 'missing',
      check: 'part-open',
      what: `${count(raw.open.length, 'part')} left open, and no collector is running`,
      examples: summarize(raw.open),
      remedy: 'collect',
    };
  }
  if (raw.unreadableLines > 0) {
    yield {
      severity: 'note',
      check: 'manifest-line',
      what: `${count(raw.unreadableLines, 'line')} of ${rawManifestName} cannot be read`,
    };
  }
}

/** One part's bytes against its line in the raw manifest, where it has one. */
function checkPart(file: string, measured: PartMeasure, record: PartRecord | undefined): Finding[] {
  const wrong = (check: string, what: string): Finding[] => [
    { severity: 'wrong', check, what: `${file}: ${what}`, remedy: 'restore' },
  ];
  if (measured.fault !== undefined && record?.sha256 !== measured.sha256) {
    return wrong('part-unreadable', measured.fault);
  }
  if (record === undefined) return [];
  if (record.bytes !== measured.bytes) {
    return wrong('part-bytes', `${measured.bytes} bytes, described with ${record.bytes}`);
  }
  if (record.sha256 !== measured.sha256) {
    return wrong('part-checksum', `sha256 ${measured.sha256}, described with ${record.sha256}`);
  }
  if (record.lines !== measured.lines) {
    return wrong('part-lines', `${measured.lines ?? 'no'} lines, described with ${record.lines}`);
  }
  return [];
}

function isJson(line: string): boolean {
  try {
    return JSON.parse(line) !== null;
  } catch {
    return false;
  }
}
