// What a cleanup says: what goes, and of what stays against the rule how much and why. Holds no effects.

import type { PartFact, RetentionPlan } from './retention.ts';
import { sumBytes } from './retention.ts';

/** `binance/BTCUSDT: 1440 parts, 2.1 GB, 2026-11-10 to 2026-11-12` */
export function formatRemovals(parts: readonly PartFact[]): string[] {
  return [...Map.groupBy(parts, ({ instrument }) => instrument)].map(
    ([instrument, own]) => `${instrument}: ${formatParts(own)}`,
  );
}

/** `binance/BTCUSDT: 3 parts, 0.1 GB, 2026-11-10: not transformed yet` */
export function formatKept(keep: RetentionPlan['keep']): string[] {
  const groups = Map.groupBy(keep, ({ part, reason }) => `${part.instrument}\n${reason}`);
  return [...groups.values()].map((own) => {
    const { part, reason } = own[0]!;
    return `${part.instrument}: ${formatParts(own.map((kept) => kept.part))}: ${reason}`;
  });
}

export function formatGigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 1e8 ? 3 : 1)} GB`;
}

function formatParts(parts: readonly PartFact[]): string {
  const [first, last] = [parts[0]!.day, parts.at(-1)!.day];
  const days = first === last ? first : `${first} to ${last}`;
  return `${parts.length} parts, ${formatGigabytes(sumBytes(parts))}, ${days}`;
}
