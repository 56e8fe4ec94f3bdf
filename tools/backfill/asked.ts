// What was asked for and not there, so that it is not asked for again every hour: pure decisions over
// entries that `asked-file.ts` keeps. Archives are published late and replaced, so they are asked again
// for a week; so is REST, once a day. Holds no effects.

import type { FillSource } from './held-part.ts';
import { type IdRange, intersectRanges, mergeRanges, subtractRanges } from './id-ranges.ts';

/** Ids that a source did not have. */
export type AskedEntry = {
  source: FillSource;
  from_id: number;
  to_id: number;
  first_asked_us: number;
  asked_us: number;
  /** The archive had no file of the day yet. */
  unpublished: boolean;
};

const hourUs = 3_600_000_000;
const askAgainAfterUs = { unpublished: 3 * hourUs, incomplete: 20 * hourUs };
const giveUpAfterUs = 7 * 24 * hourUs;

/** The missing ids that a source is to be asked for now. */
export function planAsk(
  missing: readonly IdRange[],
  entries: readonly AskedEntry[],
  source: FillSource,
  nowUs: number,
): IdRange[] {
  const resting = entries.filter((entry) => entry.source === source && !isDue(entry, nowUs));
  return subtractRanges(missing, resting.map(toRange));
}

function isDue({ first_asked_us, asked_us, unpublished }: AskedEntry, nowUs: number): boolean {
  // A clock that was set back must not keep anything from being asked.
  if (asked_us > nowUs) return true;
  if (nowUs - first_asked_us > giveUpAfterUs) return false;
  const { unpublished: soon, incomplete: late } = askAgainAfterUs;
  return nowUs - asked_us >= (unpublished ? soon : late);
}

/** The entries after `absent` were asked for and not there; what is no longer missing is forgotten. */
export function noteAbsent(
  entries: readonly AskedEntry[],
  missing: readonly IdRange[],
  answer: { source: FillSource; absent: readonly IdRange[]; unpublished: boolean; nowUs: number },
): AskedEntry[] {
  const { source, absent, unpublished, nowUs } = answer;
  const kept: AskedEntry[] = [];
  for (const entry of entries) {
    const others = entry.source === source ? absent : [];
    const left = subtractRanges(intersectRanges([toRange(entry)], missing), others);
    for (const [from_id, to_id] of left) kept.push({ ...entry, from_id, to_id });
  }
  const own = entries.filter((entry) => entry.source === source);
  for (const [from_id, to_id] of intersectRanges(mergeRanges(absent), missing)) {
    const earlier = own.filter((entry) => entry.from_id <= to_id && entry.to_id >= from_id);
    const first_asked_us = Math.min(nowUs, ...earlier.map((entry) => entry.first_asked_us));
    kept.push({ source, from_id, to_id, first_asked_us, asked_us: nowUs, unpublished });
  }
  return kept;
}

function toRange({ from_id, to_id }: AskedEntry): IdRange {
  return [from_id, to_id];
}
