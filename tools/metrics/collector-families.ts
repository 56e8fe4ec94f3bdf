// What the collector says of itself, as metrics: rates, latencies and totals of each symbol, its
// connections by lane, what it fetches over REST. Totals count since the collector's process began.
// Holds no effects.

import type { CollectStatus } from '../../lake/status.ts';
import { counter, type Family, gauge, histogram } from './family.ts';

type Symbols = CollectStatus['symbols'];
type Totals = NonNullable<Symbols[number]['totals']>;

export function listCollectorFamilies(status: CollectStatus, nowMs: number): Family[] {
  return [
    ...listTotals(status.symbols),
    ...listStates(status.symbols, (nowMs - Date.parse(status.updated_at)) / 1000),
    ...listConnections(status),
    ...listFills(status.fills ?? []),
    histogram(
      'trade_latency_seconds',
      'Receive time minus event time of trades, complete to the last full minute; below zero counts as zero.',
      (status.latencies ?? []).map(({ exchange, buckets, count, sum_seconds: sum }) => {
        return { labels: { exchange }, buckets, count, sum };
      }),
    ),
    gauge('clock_offset_seconds', "How far the exchange's clock is ahead of the local one.", [
      [{}, toSeconds(status.clock_offset_ms)],
    ]),
    gauge('collector_problems', 'What the collector itself finds wrong at the moment.', [
      [{}, status.problems.length],
    ]),
  ];
}

function listTotals(symbols: Symbols): Family[] {
  const total = (find: (totals: Totals) => number) =>
    symbols.map(
      ({ exchange, symbol, totals }) =>
        [{ exchange, symbol }, totals === undefined ? null : find(totals)] as const,
    );
  return [
    counter(
      'messages_total',
      "Frames received of the symbol's streams.",
      total((of) => of.messages),
    ),
    counter(
      'received_bytes_total',
      'Bytes in these frames.',
      total((of) => of.bytes),
    ),
    counter(
      'parts_sealed_total',
      'Raw parts sealed.',
      total((of) => of.parts_sealed),
    ),
    counter(
      'gaps_found_total',
      'Gaps in trade ids that were found.',
      total((of) => of.gaps_found),
    ),
    counter(
      'trades_missed_total',
      'Trades in the gaps when they were found; most are filled within seconds.',
      total((of) => of.trades_missed),
    ),
    counter(
      'trades_filled_total',
      'Trades fetched over REST by the collector.',
      total((of) => of.trades_filled),
    ),
  ];
}

function listStates(symbols: Symbols, sinceSeconds: number): Family[] {
  const state = (find: (symbol: Symbols[number]) => number | null | undefined) =>
    symbols.map((one) => [{ exchange: one.exchange, symbol: one.symbol }, find(one)] as const);
  return [
    gauge(
      'last_trade_age_seconds',
      'Time since the last trade was received.',
      state(({ last_trade_age: age }) => (age === null ? null : age + Math.max(0, sinceSeconds))),
    ),
    gauge(
      'trade_latency_p50_seconds',
      'Lower median of the latency of trades in the last full minute; below zero where the local clock is behind.',
      state((one) => toSeconds(one.latency_p50_ms)),
    ),
    gauge(
      'trade_latency_p95_seconds',
      '95th percentile of the same.',
      state((one) => toSeconds(one.latency_p95_ms)),
    ),
    gauge(
      'trade_latency_max_seconds',
      'Highest of the same.',
      state((one) => toSeconds(one.latency_max_ms)),
    ),
    gauge(
      'gaps_open',
      'Ranges of trade ids that are missing now.',
      state((one) => one.gaps_open),
    ),
    gauge(
      'gap_age_seconds',
      'For how long a symbol has lacked trades without a break; 0 where none lack.',
      state((one) => one.gap_age_seconds ?? 0),
    ),
  ];
}

function listConnections({ connections, lanes = [] }: CollectStatus): Family[] {
  const byLane = Map.groupBy(connections, ({ exchange, lane = 0 }) => `${exchange} ${lane}`);
  const count = (isCounted: (one: CollectStatus['connections'][number]) => boolean) =>
    [...byLane.values()].map((all) => {
      const { exchange, lane = 0 } = all[0]!;
      return [{ exchange, lane: String(lane) }, all.filter(isCounted).length] as const;
    });
  const total = (key: 'reconnects' | 'handovers') =>
    lanes.map((one) => [{ exchange: one.exchange, lane: String(one.lane) }, one[key]] as const);
  return [
    gauge(
      'connections',
      'Connections there are or should be.',
      count(() => true),
    ),
    gauge(
      'connections_live',
      'Connections that deliver.',
      count(({ state }) => state === 'live'),
    ),
    counter('reconnects_total', 'Connections that were lost.', total('reconnects')),
    counter('handovers_total', 'Connections replaced before they were lost.', total('handovers')),
  ];
}

function listFills(fills: NonNullable<CollectStatus['fills']>): Family[] {
  const by = (find: (fill: (typeof fills)[number]) => number) =>
    fills.map((fill) => [{ exchange: fill.exchange }, find(fill)] as const);
  return [
    gauge(
      'trades_missing',
      'Trades that are missing now and being fetched.',
      by((one) => one.trades_missing),
    ),
    counter(
      'trades_not_found_total',
      'Missing trades that the exchange does not hand out to the collector.',
      by((one) => one.trades_not_found),
    ),
    gauge(
      'rest_weight_used',
      'REST weight used at this address in the last minute.',
      by((one) => one.weight_used),
    ),
    gauge(
      'rest_weight_allowed',
      'What of it the collector may use.',
      by((one) => one.weight_allowed),
    ),
    gauge(
      'rest_blocked_seconds',
      'For how long the exchange refuses our requests.',
      by((one) => one.blocked_seconds),
    ),
  ];
}

function toSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}
