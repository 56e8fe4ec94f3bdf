// Real sockets; the clock moves only when told.

import { afterEach, describe, expect, it } from 'vitest';
import { openSimulator, type Simulator } from './server.ts';
import { type Client, createManualClock, findRefusal, openClient } from './test-client.ts';

const stream = 'btcusdt@trade';
let simulator: Simulator;
let pass: (ms: number) => void;

async function start(): Promise<string> {
  const clock = createManualClock();
  simulator = await openSimulator({ clock, tickMs: 0 });
  pass = (ms) => {
    clock.advance(ms);
    simulator.tick();
  };
  return `${simulator.wsUrl}/ws/${stream}`;
}

/** Trade ids received so far, all that has been sent included. */
async function takeIds(client: Client): Promise<number[]> {
  await client.request({ method: 'LIST_SUBSCRIPTIONS', id: 1 });
  return client.messages.splice(0).map((text) => JSON.parse(text).t);
}

function post(fault: string, body: object = {}): Promise<Response> {
  const url = `${simulator.restUrl}/control/${fault}`;
  return fetch(url, { method: 'POST', body: JSON.stringify(body) });
}

afterEach(() => simulator.close());

describe('faults of frames', () => {
  async function receive(act: () => void): Promise<{ ids: number[]; truth: number[] }> {
    const client = await openClient(await start());
    const fromUs = simulator.nowUs();
    act();
    pass(5000);
    const ids = await takeIds(client);
    const truth = simulator.truth.trades('BTCUSDT', fromUs, simulator.nowUs() + 1);
    return { ids, truth: truth.map(({ id }) => id).slice(0, 40) };
  }

  it('drop loses the next frames, and the truth still holds their trades', async () => {
    const { ids, truth } = await receive(() => simulator.faults.drop(stream, { count: 3 }));
    expect(ids.slice(0, 37)).toEqual(truth.slice(3));
  });

  it('duplicate sends a frame twice', async () => {
    const { ids, truth } = await receive(() => simulator.faults.duplicate(stream));
    expect(ids.slice(0, 41)).toEqual([truth[0], ...truth]);
  });

  it('reorder sends a frame after its successor', async () => {
    const { ids, truth } = await receive(() => simulator.faults.reorder(stream));
    expect(ids.slice(0, 40)).toEqual([truth[1], truth[0], ...truth.slice(2)]);
  });

  it('silence lasts until it is lifted', async () => {
    const client = await openClient(await start());
    simulator.faults.silence(stream);
    pass(5000);
    expect(await takeIds(client)).toEqual([]);
    simulator.faults.lift(stream);
    pass(5000);
    expect((await takeIds(client)).length).toBeGreaterThan(0);
  });

  it('strike one connection alone where told, and later connections never', async () => {
    const url = await start();
    const [first, second] = [await openClient(url), await openClient(url)];
    simulator.faults.drop(stream, { count: 1, connection: 1 });
    pass(5000);
    const third = await openClient(url);
    const ids = await takeIds(second);
    expect(await takeIds(first)).toEqual(ids.slice(1));
    pass(5000);
    expect(await takeIds(third)).toEqual(await takeIds(second));
  });
});

describe('faults of connections', () => {
  it('reset ends with neither close frame nor code', async () => {
    const client = await openClient(await start());
    simulator.faults.reset();
    expect((await client.closed).code).toBe(1006);
  });

  it('halfFrame ends inside a frame, after what came before it', async () => {
    const client = await openClient(await start());
    pass(5000);
    simulator.faults.halfFrame();
    expect((await client.closed).code).toBe(1006);
    expect(client.messages.length).toBeGreaterThan(0);
    expect(client.messages.some((text) => text.includes('torn'))).toBe(false);
  });

  it('garbage is a text frame that is no JSON', async () => {
    const client = await openClient(await start());
    simulator.faults.garbage();
    const [text] = await client.take(1);
    expect(() => JSON.parse(text!)).toThrow();
  });

  it('stall holds everything back, and resume delivers it in order', async () => {
    const client = await openClient(await start());
    const fromUs = simulator.nowUs();
    simulator.faults.stall();
    pass(30_000);
    const other = await openClient(`${simulator.wsUrl}/ws`);
    await other.request({ method: 'LIST_SUBSCRIPTIONS', id: 1 });
    expect(client.messages).toEqual([]);
    simulator.faults.resume();
    const ids = await takeIds(client);
    const truth = simulator.truth.trades('BTCUSDT', fromUs, simulator.nowUs() + 1);
    expect(ids).toEqual(truth.slice(0, ids.length).map(({ id }) => id));
    expect(ids.length).toBeGreaterThan(500);
  });

  it('shutdown is announced, wrapped where the connection is, and then carried out', async () => {
    await start();
    const plain = await openClient(`${simulator.wsUrl}/ws`);
    const wrapped = await openClient(`${simulator.wsUrl}/stream`);
    simulator.faults.shutdown(2000);
    const E = simulator.nowUs() / 1000;
    expect(await plain.takeJson()).toEqual({ e: 'serverShutdown', E });
    expect(await wrapped.takeJson()).toEqual({
      stream: '!serverShutdown',
      data: { e: 'serverShutdown', E },
    });
    pass(1999);
    expect(simulator.connections()).toHaveLength(2);
    pass(1);
    expect((await plain.closed).code).toBe(1001);
    expect((await wrapped.closed).code).toBe(1001);
  });
});

describe('faults of the network', () => {
  it('a cut destroys connections and answers nothing; what was traded meanwhile is history', async () => {
    const url = await start();
    const client = await openClient(url);
    simulator.faults.cutNetwork();
    expect((await client.closed).code).toBe(1006);
    const fromUs = simulator.nowUs();
    pass(20_000);
    expect(await findRefusal(url)).toBe(0);
    const ping = `${simulator.restUrl}/api/v3/ping`;
    await expect(fetch(ping)).rejects.toThrow();
    simulator.faults.restoreNetwork();
    expect((await fetch(ping)).status).toBe(200);
    await openClient(url);
    const missed = simulator.truth.trades('BTCUSDT', fromUs, simulator.nowUs());
    const fromId = missed[0]!.id;
    const path = `/api/v3/historicalTrades?symbol=BTCUSDT&limit=1000&fromId=${fromId}`;
    const answer = await fetch(simulator.restUrl + path);
    const rows = (await answer.json()) as { id: number }[];
    expect(rows.slice(0, missed.length).map(({ id }) => id)).toEqual(missed.map(({ id }) => id));
  });

  it('refused connects leave open connections alone', async () => {
    const url = await start();
    await openClient(url);
    simulator.faults.refuseConnects();
    expect(await findRefusal(url)).toBe(0);
    simulator.faults.acceptConnects();
    await openClient(url);
    expect(simulator.connections()).toHaveLength(2);
  });

  it('a ban answers 418 to REST and to connects until it is over', async () => {
    const url = await start();
    simulator.faults.ban(90_000);
    const answer = await fetch(`${simulator.restUrl}/api/v3/ping`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([418, '90']);
    expect(await answer.json()).toMatchObject({ code: -1003 });
    expect(await findRefusal(url)).toBe(418);
    pass(90_000);
    await openClient(url);
  });

  it('REST failures are counted off', async () => {
    await start();
    simulator.faults.failRest(503, 2);
    const ask = async () => (await fetch(`${simulator.restUrl}/api/v3/time`)).status;
    expect([await ask(), await ask(), await ask()]).toEqual([503, 503, 200]);
  });
});

describe('faults over HTTP', () => {
  it('are carried out, even while the network is cut', async () => {
    const url = await start();
    const client = await openClient(url);
    expect((await post('drop', { stream, count: 2 })).status).toBe(200);
    pass(5000);
    const [first] = simulator.truth.trades('BTCUSDT', simulator.nowUs() - 5_000_000, 1e18);
    expect((await takeIds(client))[0]).toBe(first!.id + 2);
    expect((await post('cut-network')).status).toBe(200);
    await client.closed;
    expect((await post('restore-network')).status).toBe(200);
    await openClient(url);
    const connections = await fetch(`${simulator.restUrl}/control/connections`);
    expect(await connections.json()).toMatchObject([{ id: 2, streams: [stream] }]);
  });

  it('say what is wrong with a request', async () => {
    await start();
    const wrong = await post('drop', { stream: 7 });
    expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining('stream')]);
    const unknown = await post('explode');
    expect([unknown.status, await unknown.text()]).toEqual([404, expect.stringContaining('drop')]);
  });
});
