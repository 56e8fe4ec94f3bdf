import { describe, expect, it } from 'vitest';
import type { CollectStatus } from '../../lake/status.ts';
import { ReconnectWindow } from './reconnect-window.ts';

const minute = 60_000;

function report(losses: number, pid = 100, shard = 0): CollectStatus {
  const connection = { conn: 'c1', exchange: 'binance', state: 'live', streams: 1 };
  return {
    updated_at: '2026-11-20T12:00:00.000Z',
    pid,
    connections: [{ ...connection, lane: 0, shard, reconnects: losses, losses }],
    symbols: [],
    clock_offset_ms: null,
    problems: [],
  };
}
const loss = (lost: number, connection = '0/0') => ({ exchange: 'binance', connection, lost });

describe('ReconnectWindow', () => {
  it('counts the losses of the last hour, and no others', () => {
    const window = new ReconnectWindow();
    window.observe(report(0), 0);
    window.observe(report(2), minute);
    window.observe(report(3), 50 * minute);
    expect(window.list(50 * minute)).toEqual([loss(3)]);
    expect(window.list(70 * minute)).toEqual([loss(1)]);
    expect(window.list(120 * minute)).toEqual([]);
  });

  it('does not count what was lost before it looked, as by a collector of months', () => {
    const window = new ReconnectWindow();
    window.observe(report(50), 0);
    window.observe(report(50), minute);
    expect(window.list(minute)).toEqual([]);
    window.observe(report(51), 2 * minute);
    expect(window.list(2 * minute)).toEqual([loss(1)]);
  });

  it('counts a collector that was started again from nothing', () => {
    const window = new ReconnectWindow();
    window.observe(report(2), 0);
    window.observe(report(3, 101), minute);
    expect(window.list(minute)).toEqual([loss(3)]);
  });

  it('counts a connection that is new from nothing', () => {
    const window = new ReconnectWindow();
    window.observe(report(0), 0);
    window.observe(report(4, 100, 1), minute);
    expect(window.list(minute)).toEqual([loss(4, '0/1')]);
  });
});
