// What the collector still has to fetch: trades that stay missing, an exchange that refuses requests, a
// limit that is used up. A gap that closes within its time is no problem. Holds no effects.

import type { CollectStatus } from '../../lake/status.ts';
import { formatDuration } from './duration.ts';
import { type Finding, outageAlert } from './problem.ts';

/** A gap is filled within seconds of being found, unless REST does not answer. */
const gapWithinSeconds = 60;
/** Missing trades that a minute of requests does not fetch. */
const manyTrades = 50_000;
/** Symbols beyond which they are only counted. */
const maxSymbols = 20;

/** After `alertMinutes` a gap is worth a message. */
export function findFillProblems(
  { symbols, fills = [] }: CollectStatus,
  alertMinutes: number,
): Finding[] {
  const open = symbols
    .filter(
      ({ gap_age_seconds: age }) => (age ?? 0) > Math.min(gapWithinSeconds, alertMinutes * 60),
    )
    .map(({ exchange, symbol, gaps_open: gaps = 0, gap_age_seconds: age }): Finding => {
      const since = formatDuration((age ?? 0) * 1000);
      return {
        id: `gaps ${exchange}/${symbol}`,
        condition: 'gap',
        covered_by: outageAlert,
        subject: `${exchange}/${symbol}`,
        severity: 'degraded',
        alerts: (age ?? 0) > alertMinutes * 60,
        what: `${exchange}/${symbol} has lacked trades for ${since} (${gaps} gap(s))`,
        action: 'check that REST can be reached (--mode check); --mode backfill fetches the rest',
      };
    });
  const more = open.length - maxSymbols;
  const counted: Finding[] =
    more <= 0
      ? open
      : [
          ...open.slice(0, maxSymbols),
          {
            id: 'gaps-more',
            condition: 'gap',
            covered_by: outageAlert,
            subject: 'others',
            severity: 'degraded',
            alerts: open.slice(maxSymbols).some(({ alerts }) => alerts),
            what: `${more} more symbols lack trades`,
            action: 'see state/status/collect.json',
          },
        ];
  return [...counted, ...fills.flatMap(findVenueProblems)];
}

function findVenueProblems(fill: NonNullable<CollectStatus['fills']>[number]): Finding[] {
  const { exchange, trades_missing: missing, blocked_seconds: blocked } = fill;
  const findings: Finding[] = [];
  if (blocked > 0) {
    findings.push({
      id: `rest-blocked ${exchange}`,
      condition: 'lake',
      subject: exchange,
      severity: 'degraded',
      what: `${exchange} refuses REST requests of this address for another ${blocked} s`,
      action: 'lower fill.rest_weight_percent, or see what else at this address asks that exchange',
    });
  }
  if (missing > manyTrades) {
    findings.push({
      id: `fills-behind ${exchange}`,
      condition: 'lake',
      subject: `fills of ${exchange}`,
      severity: 'degraded',
      what: `${missing} trades of ${exchange} are still to be fetched`,
      action: 'nothing, if the number falls; else raise fill.rest_weight_percent',
    });
  }
  return findings;
}
