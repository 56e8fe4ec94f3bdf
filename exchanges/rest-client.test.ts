import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFileDurably } from '../lake/durable.ts';
import { restStatePath } from '../lake/layout.ts';
import { silentLog } from '../lake/log.ts';
import { openSimulator, type Simulator, type SimulatorOptions } from '../tools/simulator/server.ts';
import { createManualClock, type ManualClock } from '../tools/simulator/test-client.ts';
import { rest } from './binance/rest.ts';
import { openRestClient, type RestClient, type RestClientOptions } from './rest-client.ts';
import { RestError } from './rest-error.ts';

let root: string;
let clock: ManualClock;
let simulator: Simulator;
let waits: number[];
const never = new AbortController().signal;
const limits = { symbols: ['BTCUSDT'], historyMs: 60_000, tickMs: 0 };

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'crypto-lake-rest-'));
  clock = createManualClock();
  waits = [];
  await serve({});
});
afterEach(async () => {
  await simulator.close();
  await rm(root, { recursive: true });
});

async function serve(options: SimulatorOptions): Promise<void> {
  await simulator?.close();
  simulator = await openSimulator({ ...limits, clock, ...options });
}

/** A client to which waiting is moving the clock. */
function open(options: Partial<RestClientOptions> = {}): RestClient {
  return openRestClient({
    exchange: 'binance',
    rest,
    restUrl: simulator.restUrl,
    share: 0.5,
    root,
    clock,
    log: silentLog,
    random: () => 0.5,
    async wait(ms, signal) {
      await sleep(1, undefined, { signal });
      waits.push(ms);
      clock.advance(ms);
    },
    ...options,
  });
}

const trades = () => rest.formatLatestTrades('BTCUSDT', 1);

async function findFailure(promise: Promise<unknown>): Promise<RestError> {
  const thrown = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  expect(thrown).toBeInstanceOf(RestError);
  return thrown as RestError;
}

describe('a REST client', () => {
  it('never exceeds its share with 1500 requests at once, nor wastes it', async () => {
    const client = open();
    const admitted: number[] = [];
    const startedMs = clock.monotonicMs();
    const asked = Array.from({ length: 1500 }, async (_, index) => {
      const { sentUs } = await client.get(trades(), never);
      admitted[index] = sentUs;
    });
    await Promise.all(asked);
    const seen = simulator.limitsSeen();
    expect(seen).toMatchObject({ limited: 0, banned: 0 });
    expect(seen.weightPerMinute).toBeLessThanOrEqual(6000);
    const inWindow = admitted.map(
      (sentUs) => admitted.filter((other) => other >= sentUs && other < sentUs + 60e6).length * 25,
    );
    expect(Math.max(...inWindow)).toBe(3000);
    // 37,500 of weight at 3000 a minute: the first 3000 at once, the last after 12 minutes.
    expect(clock.monotonicMs() - startedMs).toBeLessThan(12.5 * 60_000);
    expect(admitted).toEqual(admitted.toSorted((a, b) => a - b));
  });

  it('sends a small burst without any wait', async () => {
    const client = open();
    await Promise.all(Array.from({ length: 100 }, () => client.get(trades(), never)));
    expect(waits).toEqual([]);
    expect(client.status()).toMatchObject({ weightUsed: 2500, weightAllowed: 3000, waiting: 0 });
  });

  it.each([0, -30_000, 30_000])(
    'leaves the minute to others who have used it up, its clock %i ms off',
    async (offMs) => {
      for (let sent = 0; sent < 22; sent++) {
        await fetch(`${simulator.restUrl}/api/v3/depth?symbol=BTCUSDT&limit=5000`);
      }
      clock.advance(20_000);
      const off = { ...clock, nowUs: () => clock.nowUs() + offMs * 1000 };
      const client = open({ clock: off });
      await client.get(rest.formatTime(), never);
      for (let sent = 0; sent < 12; sent++) await client.get(trades(), never);
      expect(simulator.limitsSeen()).toMatchObject({ weightPerMinute: 5676, limited: 0 });
      // The minute turned 40 s later, and as much later as `Date` leaves open.
      expect(waits).toHaveLength(1);
      expect(waits[0]).toBeGreaterThanOrEqual(40_000);
      expect(waits[0]).toBeLessThanOrEqual(41_000);
    },
  );

  it('sends nothing until Retry-After has passed, and then gets its answer', async () => {
    await serve({ limits: { weightPerMinute: 100, requestsUntilBan: 2 } });
    for (let sent = 0; sent < 4; sent++) {
      await fetch(`${simulator.restUrl}/api/v3/trades?symbol=BTCUSDT`);
    }
    clock.advance(15_000);
    const client = open();
    const [answer] = await Promise.all([
      client.get(trades(), never),
      client.get(rest.formatTime(), never).then(() => expect(waits).not.toEqual([])),
    ]);
    expect(rest.parseTrades(answer.body)).toHaveLength(1);
    expect(waits).toEqual([46_000]);
    expect(simulator.limitsSeen().banned).toBe(0);
  });

  it('tells the other processes of a block, which then send nothing', async () => {
    simulator.faults.ban(90_000);
    const stop = new AbortController();
    const told = Promise.withResolvers<void>();
    const first = open({
      wait(_, signal) {
        told.resolve();
        return sleep(60_000, undefined, { signal });
      },
    }).get(trades(), stop.signal);
    await told.promise;
    const second = open();
    await second.get(trades(), never);
    expect(waits).toEqual([91_000]);
    expect(simulator.limitsSeen().banned).toBe(1);
    stop.abort(new Error('stopped'));
    await expect(first).rejects.toThrow('stopped');
  });

  it('waits out what another process was told on a WebSocket upgrade', async () => {
    await open().block(90_000, 'status 418 on a WebSocket upgrade');
    await open().get(trades(), never);
    expect(waits).toEqual([90_000]);
  });

  it('rejects at once, with the reason, where the block outlasts what a caller can wait', async () => {
    simulator.faults.ban(3_600_000);
    const error = await findFailure(open().get(trades(), never));
    expect(error.retryable).toBe(true);
    expect(error.message).toMatch(
      /^request binance: it has blocked this address for 61 more min\n {2}wait for the end/,
    );
    expect(simulator.limitsSeen().banned).toBe(1);
    await findFailure(open().get(trades(), never));
    expect(simulator.limitsSeen().banned).toBe(1);
  });

  it('tries a failing exchange again, six times in all', async () => {
    simulator.faults.failRest(503, 5);
    const client = open();
    await client.get(trades(), never);
    expect(waits).toEqual([250, 500, 1000, 2000, 4000]);
    simulator.faults.failRest(500, 6);
    const error = await findFailure(client.get(trades(), never));
    expect([error.status, error.retryable]).toEqual([500, true]);
  });

  it('rejects with the cause where nobody answers', async () => {
    const client = open();
    simulator.faults.cutNetwork();
    const error = await findFailure(client.get(trades(), never));
    expect([error.status, error.retryable]).toEqual([undefined, true]);
    expect(error.message).toMatch(
      /^get binance \/api\/v3\/trades\?symbol=BTCUSDT&limit=1: (other side closed|read ECONNRESET)\n {2}check the network/,
    );
    expect(waits).toHaveLength(5);
  });

  it('does not wait for an exchange that accepts and never answers', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const restUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const error = await findFailure(open({ restUrl, answerWithinMs: 20 }).get(trades(), never));
    expect(error.message).toContain(': no answer within 0.02 s\n');
    expect([error.retryable, waits.length]).toEqual([true, 5]);
    silent.close();
  });

  it('passes on what the exchange refuses, with its code and text, at once', async () => {
    const client = open();
    const error = await findFailure(client.get(rest.formatTrades('NOSUCH', 0, 1), never));
    expect([error.status, error.code, error.retryable]).toEqual([400, -1121, false]);
    expect(error.message).toContain('status 400: Invalid symbol. (-1121)');
    const absent = await findFailure(client.get({ path: '/api/v3/nothing', weight: 1 }, never));
    expect([absent.status, absent.retryable, waits]).toEqual([404, false, []]);
  });

  it('lets those behind a request through when it is aborted', async () => {
    const client = open({
      share: 0.005,
      wait: (_, signal) => sleep(60_000, undefined, { signal }),
    });
    await client.get(trades(), never);
    const abort = new AbortController();
    const heavy = client.get(trades(), abort.signal);
    const light = client.get(rest.formatTime(), never);
    await Promise.race([light, sleep(20)]);
    expect(client.status().waiting).toBe(2);
    abort.abort(new Error('stopped'));
    await expect(heavy).rejects.toThrow('stopped');
    await light;
    expect(client.status()).toMatchObject({ waiting: 0, weightUsed: 26 });
  });

  it('gives up a request that is under way when it is aborted, and counts it', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const restUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const client = open({ restUrl });
    const abort = new AbortController();
    const asked = client.get(trades(), abort.signal);
    await once(silent, 'connection');
    abort.abort(new Error('stopped'));
    await expect(asked).rejects.toThrow('stopped');
    expect(client.status()).toMatchObject({ weightUsed: 25, waiting: 0 });
    silent.close();
  });

  it('refuses what its share can never admit', async () => {
    const error = await findFailure(open({ share: 0.004 }).get(trades(), never));
    expect(error.message).toBe(
      'request binance: weight 25 is above the 24 allowed per minute\n  raise fill.rest_weight_percent',
    );
  });

  it('keeps to a block of which the disk takes no note, and says so', async () => {
    simulator.faults.ban(90_000);
    await mkdir(join(root, 'state'));
    // Can be read as a folder without files, and takes none.
    await symlink(join(root, 'nowhere'), join(root, 'state/rest'));
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (text: string) => void warnings.push(text) };
    await open({ log }).get(trades(), never);
    expect(waits).toEqual([91_000]);
    expect(simulator.limitsSeen().banned).toBe(1);
    expect(warnings[0]).toMatch(/^write REST state .*\n {2}free space .*\n {2}other processes do/);
  });

  it('fails as any operation does where the disk does not say what other processes know', async () => {
    await writeFile(join(root, 'state'), '');
    await expect(open().get(trades(), never)).rejects.toMatchObject({
      name: 'OperationalError',
      message: expect.stringMatching(/^read REST state .*binance\.json: ENOTDIR/),
      retryable: true,
    });
  });

  it('says which file to delete where the shared state is unreadable', async () => {
    await writeFileDurably(restStatePath(root, 'binance'), 'x');
    await expect(open().get(trades(), never)).rejects.toThrow(
      /read REST state .*binance\.json: .*\n {2}delete the file/,
    );
  });
});
