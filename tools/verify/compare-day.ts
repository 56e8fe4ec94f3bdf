// A stored day against the same day derived again: by hash, and where that differs, by rows and by the
// keys of the manifests.

import type { DuckdbSession } from '../../lake/duckdb.ts';
import type { PartitionManifest } from '../../lake/partition-manifest.ts';
import { count, type Finding, summarize } from './finding.ts';
import { compare } from './manifest-check.ts';
import { statements } from './sql.ts';
import {
  type DerivedDataset,
  datasets,
  isWhole,
  type StoredDay,
  type StoredPartition,
} from './stored-day.ts';

/** Findings of where the stored day is not what its parts give. */
export async function compareDays(
  session: DuckdbSession,
  stored: StoredDay,
  derived: StoredDay,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const dataset of datasets) {
    findings.push(...(await comparePartitions(session, dataset, stored, derived)));
  }
  return findings;
}

async function comparePartitions(
  session: DuckdbSession,
  dataset: DerivedDataset,
  { [dataset]: stored }: StoredDay,
  { [dataset]: derived }: StoredDay,
): Promise<Finding[]> {
  if (stored === undefined && derived === undefined) return [];
  if (derived?.manifest === undefined)
    return [differ(`${dataset}: the parts give no such partition`)];
  if (stored === undefined) return [differ(`${dataset}: the parts give it, and it is not there`)];
  const findings = stored.manifest === undefined ? [] : compareManifests(dataset, stored, derived);
  if (stored.away !== undefined) return [...findings, ...compareAway(stored, derived)];
  if (stored.file?.sha256 === derived.file?.sha256 || !isWhole(stored)) return findings;
  return [...findings, ...(await compareRows(session, stored, derived))];
}

/** Of a file that lies in a store its hash is known, and no row. */
function compareAway({ dataset, away }: StoredPartition, { file }: StoredPartition): Finding[] {
  if (away!.sha256 === file?.sha256) return [];
  const what = `${dataset}: the file in the store is not the one its parts give; here it can be compared`;
  return [{ severity: 'missing', check: 'derive', what, remedy: 'bring back' }];
}

function differ(what: string, examples: string[] = []): Finding {
  return { severity: 'wrong', check: 'derive', what, examples, remedy: 'rebuild' };
}

/** What a partition went through is not a function of its parts. */
const history = ['revision', 'revisions', 'reconcile', 'sha256', 'bytes', 'inputs'];
/** A manifest of version 0.1 speaks of the whole day. */
const ofVersion02 = ['through', 'seconds_missing'];

/** The manifest against the one of the same day derived again: all but its history. */
export function compareManifests(
  dataset: DerivedDataset,
  { manifest: stored }: StoredPartition,
  { manifest: derived }: StoredPartition,
): Finding[] {
  const skipped = stored!.through === undefined ? [...history, ...ofVersion02] : history;
  const expected = Object.fromEntries(
    Object.entries(derived!).filter(([key]) => !skipped.includes(key)),
  ) as Partial<PartitionManifest>;
  const findings = compare(dataset, stored!, expected, 'its parts give');
  const given = new Map(derived!.inputs.map(({ part, sha256 }) => [part, sha256]));
  const odd = stored!.inputs.filter(({ part, sha256 }) => given.get(part) !== sha256);
  if (odd.length > 0) {
    const examples = summarize(odd.map(({ part, sha256 }) => `${part} as ${sha256}`));
    const what = `${dataset}: ${count(odd.length, 'input')} the day is not made of`;
    findings.push({
      severity: 'wrong',
      check: 'manifest-inputs',
      what,
      examples,
      remedy: 'rebuild',
    });
  }
  return findings;
}

async function compareRows(
  session: DuckdbSession,
  stored: StoredPartition,
  derived: StoredPartition,
): Promise<Finding[]> {
  const { dataset } = stored;
  await session.setVariable('stored_path', stored.path);
  await session.setVariable('derived_path', derived.path);
  const [columns] = await session.all(statements.columns);
  if (JSON.stringify(columns!.stored) !== JSON.stringify(columns!.derived)) {
    const lacks = listLacking(columns!.derived, columns!.stored);
    const what = `${dataset}: written with other columns, without ${lacks.join(', ') || 'some'}`;
    return [{ severity: 'note', check: 'derive', what, remedy: 'rebuild' }];
  }
  await session.setVariable('place_column', dataset === 'bars_1s' ? 'window_start' : 'trade_id');
  const rows = await session.all(statements.differingRows);
  if (rows.length > 0) {
    const examples = rows.map((row) => `${row.place} ${describeRow(row.stored, row.derived)}`);
    return [
      differ(`${dataset}: ${count(Number(rows[0]!.rows), 'row')} not as the parts give`, examples),
    ];
  }
  return [await compareWriters(session, dataset)];
}

/** The same rows in other bytes: by another version or packing that is so, else it is wrong. */
async function compareWriters(session: DuckdbSession, dataset: DerivedDataset): Promise<Finding> {
  const [row] = await session.all(statements.writers);
  const stored = `${row!.stored_by}, ${row!.stored_compression}`;
  const derived = `${row!.derived_by}, ${row!.derived_compression}`;
  if (stored === derived) return differ(`${dataset}: the same rows in another order`);
  const what = `${dataset}: the same rows, written by ${stored}; now it is ${derived}`;
  return { severity: 'note', check: 'derive', what };
}

function listLacking(wanted: unknown, present: unknown): string[] {
  const names = Array.isArray(present) ? present : [];
  return Array.isArray(wanted) ? wanted.filter((name) => !names.includes(name)) : [];
}

/** `close 101.5, parts give 100.5`; or that one of the two has no such row. */
function describeRow(stored: unknown, derived: unknown): string {
  if (stored === null) return 'is missing';
  if (derived === null) return 'is given by no part';
  const is = JSON.parse(String(stored));
  const should = JSON.parse(String(derived));
  return Object.keys(should)
    .filter((key) => is[key] !== should[key])
    .map((key) => `${key} ${JSON.stringify(is[key])}, parts give ${JSON.stringify(should[key])}`)
    .join('; ');
}
