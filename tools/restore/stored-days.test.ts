import { expect, it } from 'vitest';
import type { ObjectStore } from '../store/store.ts';
import { listStoredDays } from './stored-days.ts';

const place = (path: string, day = '01') =>
  `parquet/${path}/year=2026/month=03/day=${day}/bars_1s.manifest.json`;

it('passes over names in a store that would lead out of their place in the lake', async () => {
  const keys = [
    place('binance/BTCUSDT'),
    place('binance/..'),
    place('../raw'),
    place('../..'),
    place('binance/.'),
    place('elsewhere/BTCUSDT'),
    place('binance/BTC USDT'),
    place('binance/BTCUSDT', '32'),
  ];
  const store = {
    async *list() {
      for (const key of keys) {
        yield { key, bytes: 1, version: '1', md5: undefined, crc32: undefined };
      }
    },
  } as unknown as ObjectStore;
  const scope = { exchange: undefined, symbol: undefined, from: '2026-01-01', to: '2026-12-31' };
  expect(await listStoredDays(store, scope, new AbortController().signal)).toEqual([
    { instrument: { exchange: 'binance', symbol: 'BTCUSDT' }, day: '2026-03-01', bytes: 1 },
  ]);
});
