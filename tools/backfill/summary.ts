// What a backfill says at its end, one line per symbol: filled, already there, not available. Holds no
// effects.

import type { HistoryOutcome } from './history.ts';
import type { UncollectedSpan } from './holes.ts';
import { countIds, formatRanges, type IdRange } from './id-ranges.ts';

export type SymbolSummary = {
  /** `binance/BTCUSDT` */
  name: string;
  history: HistoryOutcome | undefined;
  restTrades: number;
  archiveTrades: number;
  /** Missing ids that could not be filled. */
  left: readonly IdRange[];
  uncollected: readonly UncollectedSpan[];
  defects: readonly string[];
};

export function formatSummary(summary: SymbolSummary): string {
  const { name, history, restTrades, archiveTrades, left, uncollected, defects } = summary;
  const phrases = [formatFilled(restTrades, archiveTrades)];
  if (history !== undefined) phrases.push(...formatHistory(history));
  if (left.length > 0) {
    phrases.push(`not available: ${countIds(left)} trades, ids ${formatRanges(left)}`);
  }
  const lines = [`${name}: ${phrases.join('; ')}`];
  for (const { after, before, ids } of uncollected) {
    lines.push(
      `  nothing collected between ${after} and ${before} (${ids} trades): --from ${after} --to ${before} fetches it`,
    );
  }
  for (const defect of defects) lines.push(`  archive defect: ${defect}`);
  return lines.join('\n');
}

function formatFilled(restTrades: number, archiveTrades: number): string {
  const total = restTrades + archiveTrades;
  if (total === 0) return 'filled nothing';
  return `filled ${total} trades (${restTrades} from REST, ${archiveTrades} from the archive)`;
}

function formatHistory(history: HistoryOutcome): string[] {
  const { daysFilled, daysThere, daysBefore, daysUnavailable, tradesThere } = history;
  const phrases = [`days: ${daysFilled} filled, ${daysThere} already there`];
  if (tradesThere > 0) phrases.push(`${tradesThere} trades already there`);
  if (daysBefore > 0) phrases.push(`${daysBefore} days before its first trade`);
  if (daysUnavailable.length > 0) {
    const first = daysUnavailable.slice(0, 5).join(', ');
    const more = daysUnavailable.length > 5 ? ` and ${daysUnavailable.length - 5} more` : '';
    phrases.push(`not available: ${daysUnavailable.length} days (${first}${more})`);
  }
  return phrases;
}
