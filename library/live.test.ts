import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseConfig } from '../lake/config.ts';
import { tradeLine, us } from '../tests/raw-lines.ts';
import { makeScratchLake } from '../tests/scratch-lake.ts';
import { openRefresh } from './live.ts';

it('refuses what is live in a lake that may only be read, and lets gaps be asked as they are known', async () => {
  const { root, writePart } = await makeScratchLake();
  await writePart('2026-03-01', 1, [tradeLine({ id: 1, us: us('2026-03-01T10:00:00Z') })]);
  const config = parseConfig(`root: ${root}`, {});
  const refresh = openRefresh(config, async () => false);
  await refresh.bringFor('SELECT * FROM gaps');
  await refresh.bringFor('SELECT * FROM bars_1s');
  expect(existsSync(join(root, 'state'))).toBe(false);
  for (const sql of [
    'FROM bars_live',
    `FROM ohlcv_live(NULL, '1m', NULL, NULL)`,
    'FROM trades_tail',
  ]) {
    await expect(refresh.bringFor(sql)).rejects.toThrow(
      `refresh live ${root}: the lake may only be read\n  ask for bars_1s and trades`,
    );
  }
  await expect(refresh.bring()).rejects.toThrow('the lake may only be read');
  await refresh.close();
  const other = openRefresh(config);
  await other.bringFor('SELECT * FROM gaps');
  expect(existsSync(join(root, 'state/live/binance/BTCUSDT'))).toBe(true);
  await other.close();
});
