import { describe, expect, it } from 'vitest';
import type { Heartbeat } from '../health/heartbeat.ts';
import { openScreen } from './screen.ts';
import { formatStatusLine } from './status-line.ts';

const symbol = (p50: number | null, p95: number | null) => ({
  exchange: 'binance',
  symbol: 'BTCUSDT',
  last_trade_age: 1,
  messages_per_second: 1,
  latency_p50_ms: p50,
  latency_p95_ms: p95,
  latency_max_ms: p95,
});

it('tells what was sent, made and how fast, also before anything is known', () => {
  const progress = { elapsedSeconds: 83.9, messages: 12_345, trades: 1830, heartbeat: undefined };
  expect(formatStatusLine(progress)).toBe(
    '01:23 sent 12,345 messages, 1,830 trades | 0 parts, 0 bars | latency -',
  );
  const symbols = [symbol(3, 9), symbol(1, 30.26), symbol(2, 4), symbol(null, null)];
  const heartbeat = { raw_files: 52, parquet_rows: 1260, collector: { symbols } } as Heartbeat;
  expect(formatStatusLine({ ...progress, heartbeat })).toBe(
    '01:23 sent 12,345 messages, 1,830 trades | 52 parts, 1,260 bars | latency p50 2.0 ms, p95 30.3 ms',
  );
});

describe('openScreen', () => {
  let written: string;
  let nowMs: number;
  const open = (terminal: { isTTY?: boolean; columns?: number }) => {
    written = '';
    nowMs = 0;
    const write = (text: string) => {
      written += text;
    };
    return openScreen({ ...terminal, write }, () => nowMs);
  };

  it('draws one line anew in its place on a terminal, never wider than that', () => {
    const screen = open({ isTTY: true, columns: 30 });
    screen.show('a');
    screen.show('b'.repeat(50));
    screen.print('stays');
    screen.end();
    const erase = '\r\u001b[K';
    const wide = 'b'.repeat(29);
    expect(written).toBe(`${erase}a${erase}${wide}${erase}stays\n${wide}\n`);
  });

  it('prints a line every five seconds elsewhere', () => {
    const screen = open({});
    for (nowMs = 0; nowMs < 11_000; nowMs += 500) screen.show(`at ${nowMs}`);
    screen.print('stays');
    screen.end();
    expect(written).toBe('at 0\nat 5000\nat 10000\nstays\n');
  });
});
