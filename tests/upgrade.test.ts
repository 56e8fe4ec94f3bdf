// An upgrade without a gap, as `deploy/upgrade.sh` does it, with real processes on the embedded exchange:
// a bridge collects while the old version is stopped and the new one starts, and its parts are imported.
// The exchange hands out no past trades here: what the lake has in the end, it has heard.
// LAKE_TEST_UPGRADES makes that many upgrades one after another, of the whole orchestrator.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { openDuckdb, type Row } from '../lake/duckdb.ts';
import { openSimulator, type Simulator } from '../tools/simulator/server.ts';

const main = join(import.meta.dirname, '../main.ts');
const symbols = ['BTCUSDT', 'ETHUSDT'];
const upgrades = Number(process.env.LAKE_TEST_UPGRADES ?? 1);
/** What is upgraded: what holds the lake's sockets, or all of it. */
const mode = process.env.LAKE_TEST_UPGRADES === undefined ? 'collect' : 'orchestrate';

let folder: string;
let exchange: Simulator;
const running: ChildProcess[] = [];

afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await exchange.close();
  await rm(folder, { recursive: true });
});

function start(root: string, ...args: string[]): ChildProcess {
  const env = {
    ...process.env,
    CRYPTO_LAKE_ROOT: root,
    CRYPTO_LAKE_EXCHANGES__BINANCE__SYMBOLS: symbols.join(','),
    CRYPTO_LAKE_EXCHANGES__BINANCE__WS_URL: exchange.wsUrl,
    CRYPTO_LAKE_EXCHANGES__BINANCE__REST_URL: exchange.restUrl,
    CRYPTO_LAKE_EXCHANGES__BINANCE__ARCHIVE_URL: exchange.archiveUrl,
    CRYPTO_LAKE_COLLECTOR__ROTATE_SECONDS: '1',
    CRYPTO_LAKE_RECONCILE__ENABLED: 'false',
    CRYPTO_LAKE_WEB__ENABLED: 'false',
  };
  const stdio = ['ignore', 'ignore', 'inherit'] as const;
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, env, stdio: [...stdio] });
  running.push(child);
  return child;
}

async function run(root: string, ...args: string[]): Promise<number> {
  const [code] = await once(start(root, ...args), 'exit');
  return code;
}

async function stop(child: ChildProcess): Promise<number> {
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  return code;
}

async function query(root: string, sql: string): Promise<Row[]> {
  const options = { memoryLimit: '500MB', threads: 1, spillDir: join(folder, 'spill') };
  const session = await openDuckdb({ path: join(root, 'lake.duckdb'), ...options });
  try {
    return await session.all(sql);
  } finally {
    session.close();
  }
}

it(
  `${upgrades} upgrades with a bridge lose no trade and no second, and fetch nothing`,
  async () => {
    folder = await mkdtemp(join(tmpdir(), 'upgrade-'));
    const absentPaths = ['trades', 'historicalTrades', 'aggTrades'].map(
      (path) => `/api/v3/${path}`,
    );
    exchange = await openSimulator({ symbols, absentPaths });
    const [lake, bridge] = [join(folder, 'lake'), join(folder, 'bridge')];
    const untilListening = async (root: string) =>
      expect(await run(root, '--mode', 'health', '--listening', '--within', '60')).toBe(0);

    let version = start(lake, '--mode', mode);
    await untilListening(lake);
    for (let upgrade = 0; upgrade < upgrades; upgrade++) {
      const bridging = start(bridge, '--mode', 'collect');
      await untilListening(bridge);
      expect(await stop(version)).toBe(0);
      version = start(lake, '--mode', mode);
      await untilListening(lake);
      expect(await stop(bridging)).toBe(0);
      expect(await run(lake, '--mode', 'import', '--other', bridge)).toBe(0);
      await rm(bridge, { recursive: true });
    }
    expect(await stop(version)).toBe(0);
    expect(await run(lake, '--mode', 'transform')).toBe(0);

    for (const symbol of symbols) {
      const of = `WHERE symbol = '${symbol}'`;
      const trades = await query(
        lake,
        `SELECT trade_id, source FROM trades ${of} ORDER BY trade_id`,
      );
      const ids = trades.map(({ trade_id }) => Number(trade_id));
      expect(ids.length).toBeGreaterThan(10);
      expect(ids).toEqual(Array.from(ids, (_, index) => ids[0]! + index));
      expect(new Set(trades.map(({ source }) => source))).toEqual(new Set(['live']));
      const [seconds] = await query(
        lake,
        `SELECT count(*)::INT AS bars, count(*) FILTER (complete)::INT AS complete,
              epoch(max(window_start) - min(window_start))::INT + 1 AS seconds FROM bars_1s ${of}`,
      );
      expect(seconds!.bars).toBe(seconds!.seconds);
      // Of the first and the last second a part only was heard.
      expect(Number(seconds!.complete)).toBeGreaterThanOrEqual(Number(seconds!.seconds) - 2);
    }
    expect(await run(lake, '--mode', 'verify')).toBe(0);
  },
  120_000 * upgrades,
);
