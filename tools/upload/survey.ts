// What a run has to do: goes through the days of the lake one by one and keeps only those of which a store is
// not known to have everything, oldest first, and those that wait. Reads the disk alone; asks no store.

import { type Day, formatDay, isDay } from '../../lake/day.ts';
import { listNames } from '../../lake/durable.ts';
import { formatReason, OperationalError } from '../../lake/errors.ts';
import { type Instrument, rawDir } from '../../lake/layout.ts';
import { listManifestDays } from '../../transformer/partitions.ts';
import { listAllInstruments } from '../../transformer/stored-instruments.ts';
import { type OpenGaps, readDayFacts, readOpenGaps } from './day-facts.ts';
import { type DueRules, endOfDayUs, findHold, findHoldEndUs, isSettled, unsettled } from './due.ts';
import { readUploadLedger } from './ledger.ts';
import { listSourceFiles } from './source-files.ts';
import type { Target } from './target.ts';
import { findLedgerPath, formatUnit, isLacking, type SourceFile, type Unit } from './unit.ts';

export type UploadScope = {
  exchange?: string | undefined;
  symbol?: string | undefined;
  /** Then the stores are asked for everything of the day, whatever the ledger says. */
  date?: Day | undefined;
  /** `gcs`, `s3` or `folder`. */
  store?: string | undefined;
};

/** What a store is not known to have of a unit. */
export type Lack = { target: Target; files: SourceFile[] };

export type DueUnit = { unit: Unit; lacks: { target: Target; objects: number; bytes: number }[] };
/** `endUs`: when it waits no longer; undefined where it waits for somebody to see to it. */
export type HeldUnit = { unit: Unit; reason: string; endUs: number | undefined };
export type Survey = { due: DueUnit[]; held: HeldUnit[] };

export type Surveying = {
  root: string;
  rawPrefix: string;
  /** Whether raw parts are copied, too. */
  withRaw: boolean;
  rules: DueRules;
  targets: readonly Target[];
  signal: AbortSignal;
};

export async function surveyLake(surveying: Surveying, scope: UploadScope): Promise<Survey> {
  const { root, signal } = surveying;
  const survey: Survey = { due: [], held: [] };
  const openGaps = await readOpenGaps(root);
  for (const instrument of await listKept(root, scope)) {
    for (const unit of await listUnits(surveying, instrument, scope)) {
      signal.throwIfAborted();
      await surveyUnit(surveying, openGaps, unit, scope, survey);
    }
  }
  survey.due.sort((a, b) => (a.unit.day < b.unit.day ? -1 : a.unit.day > b.unit.day ? 1 : 0));
  return survey;
}

async function surveyUnit(
  surveying: Surveying,
  openGaps: OpenGaps,
  unit: Unit,
  scope: UploadScope,
  survey: Survey,
): Promise<void> {
  const { root, rules } = surveying;
  if (rules.nowUs < endOfDayUs(unit.day)) return;
  try {
    const lacks = await findLacks(surveying, unit, scope.date !== undefined);
    if (lacks.length === 0) return;
    const { instrument, day } = unit;
    const facts = unit.kind === 'day' && (await readDayFacts(root, instrument, day, openGaps));
    const reason = facts
      ? findHold(day, facts, rules)
      : isSettled(day, rules)
        ? undefined
        : unsettled;
    if (reason !== undefined) survey.held.push({ unit, reason, endUs: findHoldEndUs(day, rules) });
    else survey.due.push({ unit, lacks: lacks.map(sumLack) });
  } catch (thrown) {
    if (!(thrown instanceof OperationalError)) throw thrown;
    survey.held.push({ unit, reason: formatReason(thrown), endUs: undefined });
  }
}

/** `binance/BTCUSDT 2026-03-01: 10 trades of it are missing; waits until 2026-03-04 00:00 UTC at most` */
export function formatHeld({ unit, reason, endUs }: HeldUnit): string {
  const what = `${formatUnit(unit)}: ${reason}`;
  if (endUs === undefined) return what;
  const end = new Date(endUs / 1000).toISOString().slice(0, 16).replace('T', ' ');
  return `${what}; waits until ${end} UTC${reason === unsettled ? '' : ' at most'}`;
}

/** What each store is not known to have; with `isAsked` all there is. */
export async function findLacks(
  { root, rawPrefix, targets }: Pick<Surveying, 'root' | 'rawPrefix' | 'targets'>,
  unit: Unit,
  isAsked: boolean,
): Promise<Lack[]> {
  const files = await listSourceFiles(root, unit, rawPrefix);
  const lacks: Lack[] = [];
  for (const target of targets) {
    const { name, url } = target.store;
    const known = await readUploadLedger(findLedgerPath(root, name, unit), url);
    const lacking = files.filter((file) => isLacking(file, known.get(file.key), isAsked));
    if (lacking.length > 0) lacks.push({ target, files: lacking });
  }
  return lacks;
}

function sumLack({ target, files }: Lack): DueUnit['lacks'][number] {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { target, objects: files.length, bytes };
}

/** Instruments that have partitions or raw parts. Throws where none is as asked for. */
async function listKept(root: string, { exchange, symbol }: UploadScope): Promise<Instrument[]> {
  const all = await listAllInstruments(root);
  const chosen = all.filter(
    (one) => one.exchange === (exchange ?? one.exchange) && one.symbol === (symbol ?? one.symbol),
  );
  if (chosen.length > 0 || (exchange ?? symbol) === undefined) return chosen;
  throw new OperationalError(`upload ${exchange ?? '*'}/${symbol ?? '*'}: ${root} has none of it`, {
    hint: `there are ${all.map((one) => `${one.exchange}/${one.symbol}`).join(', ') || 'none'}`,
  });
}

async function listUnits(
  { root, withRaw, rules }: Surveying,
  instrument: Instrument,
  { date }: UploadScope,
): Promise<Unit[]> {
  const today = formatDay(rules.nowUs);
  const isChosen = (day: Day) => day <= today && (date ?? day) === day;
  const days = (await listManifestDays(root, 'bars_1s', instrument)).filter(isChosen);
  const units = days.map((day): Unit => ({ kind: 'day', instrument, day }));
  if (!withRaw) return units;
  const received = (await listNames(rawDir(root, instrument))).filter(isDay).filter(isChosen);
  return [...units, ...received.map((day): Unit => ({ kind: 'raw', instrument, day }))];
}
