import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FeedBench, listEvents, openFeedBench } from './feed-bench.ts';
import { formatFrame } from './scripted-exchange.ts';

let bench: FeedBench;

beforeEach(async () => {
  bench = await openFeedBench();
});
afterEach(() => bench.close());

/** Frames of every stream but the trades of ETHUSDT, once a second. */
async function deliverOthers(from: number, to: number): Promise<void> {
  for (let id = from; id <= to; id++) {
    const before = bench.countFrames();
    for (const socket of bench.exchange.openSockets) {
      socket.send(formatFrame('BTCUSDT', id));
      socket.send(formatFrame('BTCUSDT', -id));
      socket.send(formatFrame('ETHUSDT', -id));
    }
    const expected = before + 3 * bench.exchange.openSockets.length;
    await bench.until(() => bench.countFrames() >= expected);
    await bench.pass(1000);
  }
}

describe('a stream', () => {
  test('that the exchange refuses is named, and the others are recorded', async () => {
    const reason = 'Invalid request: unknown';
    bench.exchange.answer = ({ id }) => JSON.stringify({ code: 2, msg: reason, id });
    const feed = bench.openFeed();
    await bench.goLive(feed);
    expect(feed.failures.map(({ state }) => state)).toEqual(Array(4).fill('refused'));
    expect(bench.logged.find(({ level }) => level === 'error')).toMatchObject({
      message: `subscribe binance on c1: 2 ${reason}`,
      symbols: ['BTCUSDT', 'ETHUSDT'],
      hint: 'not recorded; check exchanges.binance.symbols and channels',
    });
    const refused = (await bench.finish()).find(({ event }) => event === 'refused');
    expect(refused).toMatchObject({ streams: ['btcusdt@trade', 'btcusdt@bookTicker'] });
  });

  test('that was acknowledged and delivers nothing is noted within 10 s, without an alarm', async () => {
    const suspects: string[] = [];
    const feed = bench.openFeed({ onSuspect: ({ name }) => suspects.push(name) });
    await bench.goLive(feed);
    await deliverOthers(1, 10);
    const name = 'ethusdt@trade';
    expect(feed.failures).toMatchObject([{ stream: { name }, state: 'silent', isProven: false }]);
    expect(suspects).toEqual([name]);
    expect(bench.logged.filter(({ level }) => level === 'warn')).toEqual([]);
    await bench.deliver(2);
    await bench.pass(1000);
    expect(feed.failures).toEqual([]);
    const silent = (await bench.finish('ETHUSDT')).filter(({ event }) => event === 'silent');
    expect(silent).toMatchObject([{ conn: 'c1', stream: name }]);
    expect(listEvents(await bench.finish('BTCUSDT'))).not.toContain('silent');
  });

  test('that is known to miss data is asked for again, and its connection replaced', async () => {
    const feed = bench.openFeed({
      onSuspect: (stream) => feed.settle(stream, true),
    });
    await bench.goLive(feed);
    await deliverOthers(1, 10);
    await bench.until(() => bench.exchange.requests.length === 2);
    expect(bench.exchange.requests[1]?.params).toEqual(['ethusdt@trade']);
    expect(feed.failures).toMatchObject([{ isProven: true }]);
    await deliverOthers(11, 20);
    await bench.until(() => feed.connections[1]?.state === 'live');
    await bench.deliver(21);
    await deliverOthers(22, 23);
    expect(feed).toMatchObject({ conn: 'c2', handovers: 1 });
    const lines = await bench.finish('ETHUSDT');
    expect(lines.find(({ event }) => event === 'handover')).toMatchObject({
      reason: 'ethusdt@trade does not deliver',
    });
  });

  test('that stops is asked for again once; replacing the connection is not repeated in vain', async () => {
    const feed = bench.openFeed();
    await bench.goLive(feed);
    for (let id = 1; id <= 80; id++) {
      await bench.deliver(id);
      await bench.pass(1000);
    }
    await deliverOthers(81, 102);
    const name = 'ethusdt@trade';
    expect(feed.failures).toMatchObject([{ stream: { name }, state: 'stale', isProven: true }]);
    await bench.until(() => bench.exchange.requests.length === 2);
    expect(bench.exchange.requests[1]).toMatchObject({ method: 'SUBSCRIBE', params: [name] });
    await deliverOthers(103, 190);
    expect(feed.handovers).toBe(2);
    const lines = await bench.finish('ETHUSDT');
    const onFirst = listEvents(lines.filter(({ conn }) => conn === 'c1'));
    expect(onFirst).toEqual(['open', 'subscribed', 'stale', 'handover', 'close']);
  });
});

test('what is no line of JSON is kept as base64, and data in an unknown shape as data', async () => {
  const feed = bench.openFeed();
  await bench.goLive(feed);
  const unreadable = [
    Buffer.from('{"stream":"btcu'),
    Buffer.from([0xff, 0x00, 0x0a]),
    Buffer.from(formatFrame('ETHUSDT', 1).replace(':', ':\n')),
  ];
  bench.exchange.send(unreadable[0]!.toString());
  bench.exchange.send(unreadable[1]!, { binary: true });
  bench.exchange.send(unreadable[2]!.toString());
  const swapped = '{"data":{"e":"trade","t":1},"stream":"ethusdt@trade"}';
  bench.exchange.send(swapped);
  bench.exchange.send('{"result":["btcusdt@trade"],"id":77}');
  await bench.deliver(1);
  const btc = await bench.finish('BTCUSDT');
  const kept = btc.filter(({ event }) => event === 'unreadable').map(({ base64 }) => base64);
  expect(kept).toEqual(unreadable.map((frame) => frame.toString('base64')));
  const foreign = { msg: { result: ['btcusdt@trade'], id: 77 } };
  expect(btc).toContainEqual(expect.objectContaining(foreign));
  const eth = await bench.finish('ETHUSDT');
  expect(eth).toContainEqual(expect.objectContaining({ msg: JSON.parse(swapped) }));
  expect(bench.logged.filter(({ level }) => level === 'warn').length).toBe(1);
});

test('finds the number of a trade wherever the exchange puts it', async () => {
  const feed = bench.openFeed();
  await bench.goLive(feed);
  const plain = (id: number) => formatFrame('ETHUSDT', id);
  const { stream, data } = JSON.parse(plain(103)) as { stream: string; data: object };
  const shapes = [
    plain(101),
    plain(102).replace('"s":', '"st":1,"s":'),
    JSON.stringify({ data, stream }),
    plain(104).replaceAll(':', ' : '),
  ];
  for (const [index, shape] of shapes.entries()) {
    bench.exchange.send(shape);
    await bench.until(() => bench.countFrames() > index);
    expect(bench.recorders.get('ETHUSDT')!.trades.newestId).toBe(101 + index);
  }
  const eth = await bench.finish('ETHUSDT');
  expect(eth.flatMap(({ msg }) => (msg === undefined ? [] : JSON.stringify(msg)))).toEqual(
    shapes.map((shape) => JSON.stringify(JSON.parse(shape))),
  );
});

test('a trade nobody asked for does not come to stand among those of another symbol', async () => {
  const feed = bench.openFeed();
  await bench.goLive(feed);
  const strange = formatFrame('XRPUSDT', 7);
  bench.exchange.send(strange);
  await bench.deliver(1);
  const btc = await bench.finish('BTCUSDT');
  const base64 = Buffer.from(strange).toString('base64');
  expect(btc.filter(({ event }) => event === 'foreign')).toEqual([
    expect.objectContaining({ conn: 'c1', stream: 'xrpusdt@trade', base64 }),
  ]);
  expect(btc.filter(({ msg }) => JSON.stringify(msg)?.includes('xrpusdt'))).toEqual([]);
});
