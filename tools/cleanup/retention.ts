// Which raw parts go: those that are old and proven, and when the disk is nearly full proven ones that
// are not old yet, oldest first, until there is room. What is not proven never goes. Pure: from what is
// known of the parts to a plan. Holds no effects.

import { addDays, type Day } from '../../lake/day.ts';

export type PartFact = {
  /** Path below the root: its identity. */
  name: string;
  /** `binance/BTCUSDT` */
  instrument: string;
  /** Day of receipt. */
  day: Day;
  number: number;
  bytes: number;
  /** Why it is not proven; undefined where it is. */
  unproven: string | undefined;
  /** Where a later copy of it is; undefined where it is not proven. */
  proof?: string | undefined;
  /** Seconds of its first and last quote; null without any. Undefined where nobody has read it yet. */
  quoteSeconds: readonly [first: number, last: number] | null | undefined;
};

export type RetentionRules = {
  today: Day;
  retentionDays: number;
  /** What has to go for the disk not to be nearly full; 0 where it is not. */
  roomBytes: number;
};

export type RetentionPlan = {
  remove: PartFact[];
  /** Parts that are old, or were asked for to make room, and stay. */
  keep: { part: PartFact; reason: string }[];
  /** What is still lacking to `roomBytes` when `remove` is gone. */
  lackingBytes: number;
};

const sharesSecond = 'shares a second of quotes with a part that stays';

/** The plan for all parts of a lake. */
export function planRetention(parts: readonly PartFact[], rules: RetentionRules): RetentionPlan {
  const ordered = [...parts].sort(
    (a, b) => compare(a.day, b.day) || a.number - b.number || compare(a.name, b.name),
  );
  const chosen = chooseProven(ordered, rules);
  const shared = new Set<PartFact>();
  for (const own of groupByInstrument(ordered)) {
    for (const part of listSharing(own, chosen, rules)) shared.add(part);
  }
  const remove = ordered.filter((part) => chosen.has(part) && !shared.has(part));
  const keep: RetentionPlan['keep'] = [];
  for (const part of ordered) {
    if (part.unproven !== undefined && mayGo(part, rules))
      keep.push({ part, reason: part.unproven });
    else if (shared.has(part)) keep.push({ part, reason: sharesSecond });
  }
  return { remove, keep, lackingBytes: Math.max(0, rules.roomBytes - sumBytes(remove)) };
}

export function sumBytes(parts: readonly PartFact[]): number {
  return parts.reduce((total, part) => total + part.bytes, 0);
}

/** More days than are kept have passed since the part's own. */
export function isOld({ day }: Pick<PartFact, 'day'>, rules: RetentionRules): boolean {
  return day < addDays(rules.today, -rules.retentionDays);
}

/** Whether the rules let the part go, if it is proven. */
export function mayGo(part: Pick<PartFact, 'day'>, rules: RetentionRules): boolean {
  return isOld(part, rules) || rules.roomBytes > 0;
}

function chooseProven(ordered: readonly PartFact[], rules: RetentionRules): Set<PartFact> {
  const proven = ordered.filter((part) => part.unproven === undefined);
  const chosen = new Set(proven.filter((part) => isOld(part, rules)));
  let bytes = sumBytes([...chosen]);
  for (const part of proven) {
    if (bytes >= rules.roomBytes) break;
    if (chosen.has(part)) continue;
    chosen.add(part);
    bytes += part.bytes;
  }
  return chosen;
}

/**
 * Parts that are chosen and have a quote in a second in which a part that stays has one, too: if that
 * one is read again, the second is made from both. The part being written is not among them; it may
 * go on in the last second of the newest one.
 */
function listSharing(
  own: readonly PartFact[],
  chosen: ReadonlySet<PartFact>,
  { today }: RetentionRules,
): PartFact[] {
  const seconds = mergeSeconds(
    own.filter((part) => !chosen.has(part)).map((part) => part.quoteSeconds ?? undefined),
  );
  const newest = own.findLast(
    (part) => part.quoteSeconds != null && part.day >= addDays(today, -1),
  );
  const isUnread = (part: PartFact | undefined) =>
    part !== undefined && part.quoteSeconds === undefined;
  return own.filter((part, index) => {
    if (!chosen.has(part)) return false;
    if (part === newest || isUnread(own[index - 1]) || isUnread(own[index + 1])) return true;
    return part.quoteSeconds != null && meets(seconds, part.quoteSeconds);
  });
}

type Seconds = readonly [first: number, last: number];

function mergeSeconds(stretches: readonly (Seconds | undefined)[]): [number, number][] {
  const merged: [number, number][] = [];
  const known = stretches.filter((stretch) => stretch !== undefined);
  for (const [first, last] of known.sort((a, b) => a[0] - b[0])) {
    const before = merged.at(-1);
    if (before !== undefined && first <= before[1]) before[1] = Math.max(before[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

function meets(merged: readonly Seconds[], [first, last]: Seconds): boolean {
  let low = 0;
  let high = merged.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (merged[middle]![1] < first) low = middle + 1;
    else high = middle;
  }
  return low < merged.length && merged[low]![0] <= last;
}

function groupByInstrument(parts: readonly PartFact[]): PartFact[][] {
  const groups = new Map<string, PartFact[]>();
  for (const part of parts) {
    const group = groups.get(part.instrument);
    if (group === undefined) groups.set(part.instrument, [part]);
    else group.push(part);
  }
  return [...groups.values()];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
