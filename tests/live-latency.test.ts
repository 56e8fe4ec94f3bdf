// A collector on the embedded exchange, and `--mode live` beside it: a bar is there, as it stays, within 2 s of the end
// of its second. Measured by the clock, so it runs where it is asked for.

import { mkdir, mkdtemp, rm, watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { openCollector } from '../collector/collector.ts';
import { openSystemClock } from '../lake/clock.ts';
import { parseConfig } from '../lake/config.ts';
import { livePath } from '../lake/layout.ts';
import { silentLog } from '../lake/log.ts';
import { openLakeSession } from '../tools/query/lake-session.ts';
import { openSimulator } from '../tools/simulator/server.ts';
import { runLive } from '../transformer/live/live.ts';

const seconds = 15;
const lastBars = `
  SELECT epoch(window_start)::BIGINT AS second, hash(open, high, low, close, volume_quote, quote_count, complete)::VARCHAR AS said
  FROM bars_live WHERE trade_count > 0 ORDER BY window_start DESC LIMIT 10`;

it.runIf(process.env.LAKE_TEST_LIVE)(
  'shows a bar within 2 s of the end of its second, as it stays',
  async () => {
    const root = await mkdtemp(join(tmpdir(), 'live-'));
    const simulator = await openSimulator({ symbols: ['BTCUSDT'], rate: 20, historyMs: 60_000 });
    const config = parseConfig(
      `root: ${root}
exchanges: { binance: { ws_url: "${simulator.wsUrl}", rest_url: "${simulator.restUrl}", symbols: [BTCUSDT] } }
collector: { rotate_seconds: 5 }`,
      {},
    );
    const clock = openSystemClock();
    const collector = await openCollector({ config, log: silentLog, clock, random: Math.random });
    await collector.ready;
    const session = await openLakeSession(config);
    const folder = dirname(
      livePath(root, 'bars_1s', { exchange: 'binance', symbol: 'BTCUSDT' }, 'open'),
    );
    await mkdir(folder, { recursive: true });
    const stop = new AbortController();
    const live = runLive({
      config,
      clock,
      configText: '',
      options: {},
      positionals: [],
      onReload() {},
      log: { ...silentLog, relay() {}, close: async () => {} },
      signal: stop.signal,
    });
    /** By second, what was said of it last, and how long after its end that was first seen. */
    const shown = new Map<number, { said: string; lateMs: number }>();
    const firstSecond = Math.ceil(Date.now() / 1000) + 1;
    const endMs = (firstSecond + seconds + 2) * 1000;
    const end = setTimeout(() => stop.abort(), endMs - Date.now());
    try {
      for await (const { filename } of watch(folder, { signal: stop.signal })) {
        // Written last.
        if (filename !== 'open.json') continue;
        const rows = await session.all(lastBars);
        const nowMs = Date.now();
        for (const row of rows) {
          const [second, said] = [Number(row.second), String(row.said)];
          if (second < firstSecond || second >= firstSecond + seconds) continue;
          if (shown.get(second)?.said === said) continue;
          shown.set(second, { said, lateMs: nowMs - (second + 1) * 1000 });
        }
      }
    } catch (thrown) {
      if (!stop.signal.aborted) throw thrown;
    }
    clearTimeout(end);
    expect(await live).toBe(0);
    session.close();
    await collector.stop();
    await simulator.close();
    await rm(root, { recursive: true });
    const late = [...shown.values()].map(({ lateMs }) => lateMs).sort((a, b) => a - b);
    console.log(`bars were shown ${late.join(', ')} ms after the end of their seconds`);
    expect(late.length).toBe(seconds);
    expect(late.at(-1)).toBeLessThanOrEqual(2000);
  },
  60_000,
);
