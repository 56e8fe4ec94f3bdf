// An upgrade without a gap, as `deploy/upgrade.sh` does it, with real processes on the embedded exchange:
// a bridge collects while the old version is stopped and the new one starts, and its parts are imported.
// The exchange hands out no past trades here: what the lake has in the end, it has heard.
// Only with LAKE_TEST_UPGRADES, for they wait long: makes that many upgrades one after another, of the whole
// orchestrator, and tries the script itself.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDuckdb, type Row } from '../lake/duckdb.ts';
import { openSimulator, type Simulator } from '../tools/simulator/server.ts';

const script = join(import.meta.dirname, '../deploy/upgrade.sh');
const standIns = join(import.meta.dirname, 'stand-ins');
const main = join(import.meta.dirname, '../main.ts');
const symbols = ['BTCUSDT', 'ETHUSDT'];
const upgrades = Number(process.env.LAKE_TEST_UPGRADES ?? 0);

let folder: string;
let exchange: Simulator;
const running: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upgrade-'));
  const absentPaths = ['trades', 'historicalTrades', 'aggTrades'].map((path) => `/api/v3/${path}`);
  exchange = await openSimulator({ symbols, absentPaths });
});
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await exchange.close();
  await rm(folder, { recursive: true });
});

function formatEnvironment(root: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    CRYPTO_LAKE_ROOT: root,
    CRYPTO_LAKE_EXCHANGES__BINANCE__SYMBOLS: symbols.join(','),
    CRYPTO_LAKE_EXCHANGES__BINANCE__WS_URL: exchange.wsUrl,
    CRYPTO_LAKE_EXCHANGES__BINANCE__REST_URL: exchange.restUrl,
    CRYPTO_LAKE_EXCHANGES__BINANCE__ARCHIVE_URL: exchange.archiveUrl,
    CRYPTO_LAKE_COLLECTOR__ROTATE_SECONDS: '1',
    CRYPTO_LAKE_RECONCILE__ENABLED: 'false',
    CRYPTO_LAKE_WEB__ENABLED: 'false',
    CRYPTO_LAKE_HEALTH__INTERVAL_SECONDS: '1',
    CRYPTO_LAKE_CLEANUP__DISK_ALERT_PERCENT: '100',
  };
}

function start(root: string, ...args: string[]): ChildProcess {
  const env = formatEnvironment(root);
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

async function untilListening(root: string): Promise<void> {
  expect(await run(root, '--mode', 'health', '--listening', '--within', '60')).toBe(0);
}

/** Every trade was heard, and every second but the first and the last from its beginning to its end. */
async function expectWhole(lake: string): Promise<void> {
  for (const symbol of symbols) {
    const of = `WHERE symbol = '${symbol}'`;
    const trades = await query(lake, `SELECT trade_id, source FROM trades ${of} ORDER BY trade_id`);
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
    expect(Number(seconds!.complete)).toBeGreaterThanOrEqual(Number(seconds!.seconds) - 2);
  }
}

it.skipIf(upgrades === 0)(
  `${upgrades} upgrades with a bridge lose no trade and no second, and fetch nothing`,
  async () => {
    const [lake, bridge] = [join(folder, 'lake'), join(folder, 'bridge')];
    let version = start(lake, '--mode', 'orchestrate');
    await untilListening(lake);
    for (let upgrade = 0; upgrade < upgrades; upgrade++) {
      const bridging = start(bridge, '--mode', 'collect');
      await untilListening(bridge);
      expect(await stop(version)).toBe(0);
      version = start(lake, '--mode', 'orchestrate');
      await untilListening(lake);
      expect(await stop(bridging)).toBe(0);
      expect(await run(lake, '--mode', 'import', '--other', bridge)).toBe(0);
      await rm(bridge, { recursive: true });
    }
    expect(await stop(version)).toBe(0);
    expect(await run(lake, '--mode', 'transform')).toBe(0);
    await expectWhole(lake);
    expect(await run(lake, '--mode', 'verify')).toBe(0);
  },
  120_000 * upgrades,
);

/** With stand-ins for docker and systemctl, whose containers are processes of this machine. */
describe.skipIf(upgrades === 0)('deploy/upgrade.sh', () => {
  async function upgradeTo(image: string): Promise<{ code: number; lake: string; text: string }> {
    const lake = join(folder, 'lake');
    const env = {
      ...formatEnvironment(lake),
      PATH: `${standIns}:${process.env.PATH}`,
      STAND_IN_STATE: join(folder, 'state'),
      LAKE_ROOT: lake,
      LAKE_ENV_FILE: join(folder, 'env'),
      LAKE_PROGRAM: main,
      LAKE_UPGRADE_SECONDS: '25',
    };
    await writeFile(env.LAKE_ENV_FILE, 'LAKE_IMAGE=crypto-lake:current\n');
    const call = async (command: string, ...args: string[]) => {
      const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
      let text = '';
      child.stderr.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      const [code] = await once(child, 'close');
      return { code, text };
    };
    try {
      await call('docker', 'tag', 'good-1', 'crypto-lake:current');
      await call('systemctl', 'restart', 'crypto-lake');
      await untilListening(lake);
      const { code, text } = await call(script, image);
      await untilListening(lake);
      return { code, lake, text };
    } finally {
      await call('systemctl', 'stop', 'crypto-lake');
    }
  }

  async function expectNothingLost(lake: string): Promise<void> {
    expect(await run(lake, '--mode', 'transform')).toBe(0);
    await expectWhole(lake);
    expect(await readdir(lake)).not.toContain('bridge');
  }

  it('upgrades, imports what the bridge heard, and removes it', async () => {
    const { code, lake, text } = await upgradeTo('good-2');
    expect(text).toMatch(/^upgrade: done: crypto-lake runs good-2$/m);
    expect(code).toBe(0);
    await expectNothingLost(lake);
  }, 180_000);

  it('puts the old version back where the new one does not listen, and loses nothing', async () => {
    const { code, lake, text } = await upgradeTo('bad');
    expect(text).toContain('back to the version before');
    expect(text).toMatch(/^upgrade: not upgraded: crypto-lake runs as before$/m);
    expect(code).toBe(1);
    await expectNothingLost(lake);
  }, 240_000);
});
