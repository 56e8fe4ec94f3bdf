// The live line of the demo: what the exchange has sent and what the lake has made of it, in at most
// the width of a terminal. Holds no effects.

import type { Heartbeat } from '../health/heartbeat.ts';

export type Progress = {
  elapsedSeconds: number;
  messages: number;
  trades: number;
  heartbeat: Heartbeat | undefined;
};

/** `00:23 sent 12,345 messages, 1,830 trades | 52 parts, 260 bars | latency p50 1.2 ms, p95 3.4 ms` */
export function formatStatusLine(progress: Progress): string {
  const { elapsedSeconds, messages, trades, heartbeat } = progress;
  const parts = heartbeat?.raw_files ?? 0;
  const bars = heartbeat?.parquet_rows ?? 0;
  return [
    `${formatElapsed(elapsedSeconds)} sent ${formatCount(messages)} messages, ${formatCount(trades)} trades`,
    `${formatCount(parts)} parts, ${formatCount(bars)} bars`,
    formatLatency(heartbeat?.collector?.symbols ?? []),
  ].join(' | ');
}

function formatElapsed(seconds: number): string {
  const whole = Math.floor(seconds);
  const pad = (value: number) => String(value).padStart(2, '0');
  return `${pad(Math.floor(whole / 60))}:${pad(whole % 60)}`;
}

function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

type Symbols = NonNullable<Heartbeat['collector']>['symbols'];

/** The median and the worst of the symbols. */
function formatLatency(symbols: Symbols): string {
  const p50 = symbols.flatMap(({ latency_p50_ms: ms }) => ms ?? []).sort((a, b) => a - b);
  const p95 = symbols.flatMap(({ latency_p95_ms: ms }) => ms ?? []);
  const middle = p50[Math.floor((p50.length - 1) / 2)];
  if (middle === undefined || p95.length === 0) return 'latency -';
  return `latency p50 ${middle.toFixed(1)} ms, p95 ${Math.max(...p95).toFixed(1)} ms`;
}
