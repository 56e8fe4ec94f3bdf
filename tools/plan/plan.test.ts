import { describe, expect, it } from 'vitest';
import type { Stream } from '../../exchanges/exchange.ts';
import { parseConfig } from '../../lake/config.ts';
import type { PartRecord } from '../../lake/part-manifest.ts';
import { findLoad } from './loads.ts';
import { formatPlan } from './plan-page.ts';
import { planSizing } from './sizing.ts';

const config = parseConfig('', {});
const streams = (symbol: string): Stream[] =>
  ['trade', 'bookTicker'].map((channel) => ({ symbol, channel, name: `${symbol}@${channel}` }));

function record(seconds: number, frames: number, over: Partial<PartRecord> = {}): PartRecord {
  return {
    ...{ part: 'part_0001.jsonl', bytes: 1, lines: frames, sha256: '' },
    streams: { 'BTCUSDT@trade': frames / 5, 'BTCUSDT@bookTicker': (frames * 4) / 5 },
    ...{ first_recv: 0, last_recv: seconds * 1e6, first_event: null, last_event: null },
    ...{ first_trade_id: null, last_trade_id: null },
    ...over,
  };
}

const load = (symbol: string, records: PartRecord[] = []) =>
  findLoad(`x/${symbol}`, streams(symbol), 'trade', records);

describe('findLoad', () => {
  it('goes by the raw manifests of this lake where they speak of ten minutes or more', () => {
    const here = { trades: 2, messages: 10, basis: 'measured here' };
    expect(load('BTCUSDT', [record(300, 3000), record(300, 3000)])).toMatchObject(here);
    expect(load('BTCUSDT', [record(300, 3000)])).toMatchObject({ basis: 'recorded' });
  });

  it('counts no part that was imported, nor one that holds fills', () => {
    const imported = record(600, 6_000_000, { origin: '/other/raw' });
    const filled = record(60_000, 0, { streams: {} });
    expect(load('BTCUSDT', [imported, filled, record(600, 6000)])).toMatchObject({ messages: 10 });
  });

  it('says so where a rate is only assumed', () => {
    expect(load('BTCUSDT').messages).toBeCloseTo(143, 0);
    expect(load('PEPEUSDT')).toMatchObject({ basis: 'assumed' });
  });
});

describe('planSizing', () => {
  const loads = [load('BTCUSDT'), load('ETHUSDT')];
  const plan = (yaml: string) => planSizing(loads, parseConfig(yaml, {}));

  it('counts raw parts as packed, on every lane, for as long as they are kept', () => {
    const plain = plan('cleanup: { raw_retention_days: 7 }');
    expect(plain.total.rawBytes).toBeCloseTo((143.2 + 112.6) * 86_400 * 196, -8);
    expect(plain.disk.rawBytes).toBeCloseTo(plain.total.rawBytes * 8, 0);
    const packed = plan('collector: { compress: zstd, redundancy: 2 }').total;
    expect(packed.rawBytes).toBeCloseTo(plain.total.rawBytes * 2 * 0.07, 0);
    expect(packed.parquetBytes).toBe(plain.total.parquetBytes);
  });

  it('keeps Parquet on the disk only until it is uploaded, where that is configured', () => {
    const gcs = 'gcs: { bucket_name: b, delete_after_upload: true, upload_retention_days: 3 }';
    expect(plan(gcs).disk.parquetDays).toBe(3);
    expect(plan('').disk.parquetDays).toBe(90);
  });

  it('uploads raw parts packed, and counts their objects', () => {
    const [without, raw] = [plan('').upload, plan('upload: { raw: true }').upload];
    expect(without.writes).toBe(2 * 2 * 2 * 30);
    expect(raw.writes - without.writes).toBe(2 * 1440 * 30);
    expect(raw.bytes).toBeGreaterThan(without.bytes * 2);
  });

  it('chooses no machine where one collector cannot do it', () => {
    expect(plan('').machine).toMatchObject({ cores: 2 });
    const busy = Array.from({ length: 500 }, (_, index) => ({ ...loads[0]!, name: `x/${index}` }));
    expect(planSizing(busy, config).machine).toBeUndefined();
  });
});

describe('formatPlan', () => {
  it('names the source of every rate and price, and when the disk is full', () => {
    const sizing = planSizing([load('BTCUSDT'), load('PEPEUSDT')], config);
    const outlook = { basis: 'planned', days: 12.34, freeBytes: 5e9, bytes: 20e9 } as const;
    const text = formatPlan(sizing, outlook, config);
    expect(text).toMatch(/^x\/BTCUSDT +143\.2 .* recorded$/m);
    expect(text).toMatch(/^x\/PEPEUSDT .* assumed$/m);
    expect(text.match(/list price of \S+, as of 20\d\d/g)).toHaveLength(2);
    expect(text).toContain('in 12.3 days, by this plan; 5.00 of 20.0 GB are free');
    expect(formatPlan(sizing, { basis: 'no disk' }, config)).toContain('nothing to foretell');
  });
});
