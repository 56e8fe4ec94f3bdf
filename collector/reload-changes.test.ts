import { expect, it } from 'vitest';
import { planStreams } from '../exchanges/plan.ts';
import { parseConfig } from '../lake/config.ts';
import { findSymbolChanges } from './reload.ts';

const plan = (symbols: string) =>
  planStreams(parseConfig(`exchanges: { binance: { symbols: [${symbols}] } }`, {}));

it('names each symbol that comes or goes once, and none that stays', () => {
  expect(findSymbolChanges(plan('AUSDT, BUSDT'), plan('BUSDT, CUSDT, DUSDT'))).toEqual({
    added: ['binance/CUSDT', 'binance/DUSDT'],
    removed: ['binance/AUSDT'],
  });
});
