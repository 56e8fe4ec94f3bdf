// A collector on the embedded exchange, and the tail refreshed once a second, as `--mode live` does: a bar can be
// queried within 2 s of the end of its second. Measured by the clock, so it runs where it is asked for.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openCollector } from '../collector/collector.ts';
import { openSystemClock } from '../lake/clock.ts';
import { parseConfig } from '../lake/config.ts';
import { silentLog } from '../lake/log.ts';
import { openLakeSession } from '../tools/query/lake-session.ts';
import { openSimulator } from '../tools/simulator/server.ts';
import { openLiveTail } from '../transformer/live/live-tail.ts';

const seconds = 15;

it.runIf(process.env.LAKE_TEST_LIVE)(
  'shows a bar within 2 s of the end of its second',
  async () => {
    const root = await mkdtemp(join(tmpdir(), 'live-'));
    const simulator = await openSimulator({ symbols: ['BTCUSDT'], rate: 20, historyMs: 60_000 });
    const config = parseConfig(
      `root: ${root}
exchanges: { binance: { ws_url: "${simulator.wsUrl}", rest_url: "${simulator.restUrl}", symbols: [BTCUSDT] } }
collector: { rotate_seconds: 5 }`,
      {},
    );
    const collector = await openCollector({
      config,
      log: silentLog,
      clock: openSystemClock(),
      random: Math.random,
    });
    await collector.ready;
    const tail = await openLiveTail(config, silentLog);
    const session = await openLakeSession(config);
    /** By second, how long after its end it was first shown. */
    const shownMs = new Map<number, number>();
    await tail.refresh();
    const firstMs = Date.now();
    const endMs = performance.now() + seconds * 1000;
    while (performance.now() < endMs) {
      const startedMs = performance.now();
      await tail.refresh();
      const rows = await session.all(
        'SELECT epoch(window_start)::BIGINT AS second FROM bars_live WHERE trade_count > 0',
      );
      const nowMs = Date.now();
      for (const { second } of rows) {
        const at = Number(second);
        const lateMs = nowMs - (at + 1) * 1000;
        if (at * 1000 > firstMs && lateMs >= 0 && !shownMs.has(at)) shownMs.set(at, lateMs);
      }
      await sleep(Math.max(0, 1000 - (performance.now() - startedMs)));
    }
    session.close();
    tail.close();
    await collector.stop();
    await simulator.close();
    await rm(root, { recursive: true });
    expect(shownMs.size).toBeGreaterThan(5);
    expect([...shownMs.values()].filter((lateMs) => lateMs > 2000)).toEqual([]);
  },
  60_000,
);
