import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { planStreams } from '../exchanges/plan.ts';
import { parseConfig } from '../lake/config.ts';
import { ratesPath } from '../lake/layout.ts';
import { silentLog } from '../lake/log.ts';
import { FakeClock } from './fake-clock.ts';
import { RateBook } from './rate-book.ts';
import { learnRate, recallRate, unknownRate } from './stream-rate.ts';

let root: string;
let clock: FakeClock;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'rates-'));
  clock = new FakeClock();
});
afterEach(() => rm(root, { recursive: true }));

const name = 'btcusdt@trade';

function learn(seconds: number) {
  let rate = unknownRate;
  for (let second = 0; second < seconds; second++) rate = learnRate(rate, 5, 1000);
  return rate;
}

async function saveBook(): Promise<void> {
  const book = new RateBook(root, silentLog, clock);
  const rates = book.find('binance');
  rates.set(name, { rate: learn(600), seenMs: clock.monotonicMs() - 2000 });
  rates.set('ethusdt@trade', { rate: learn(3), seenMs: clock.monotonicMs() });
  await book.save();
}

async function loadBook(warnings: string[] = []) {
  const log = { ...silentLog, warn: (message: string) => void warnings.push(message) };
  const book = new RateBook(root, log, clock);
  await book.load();
  return book.find('binance');
}

test('what was learnt survives a restart, with its age', async () => {
  await saveBook();
  clock.advance(58_000);
  const rates = await loadBook();
  expect([...rates.keys()]).toEqual([name]);
  const { rate, seenMs } = rates.get(name)!;
  expect(clock.monotonicMs() - seenMs).toBeCloseTo(60_000, -1);
  expect(rate.frames / learn(600).frames).toBeCloseTo(1, 4);
});

test('what was learnt before the clock was set back counts as old', async () => {
  await saveBook();
  clock.set('2026-11-20T11:00:00Z');
  const { rate, seenMs } = (await loadBook()).get(name)!;
  expect(recallRate(rate, clock.monotonicMs() - seenMs).frames).toBeCloseTo(rate.frames / 10, 5);
  await new RateBook(root, silentLog, clock).save();
});

test.each(['', '{', '{"saved_ms":1}', '{"saved_ms":1,"exchanges":{"binance":{"a":[[1,-1,1],0]}}}'])(
  'a book that reads %j is begun anew, with a warning',
  async (text) => {
    await mkdir(dirname(ratesPath(root)), { recursive: true });
    await writeFile(ratesPath(root), text);
    const warnings: string[] = [];
    expect((await loadBook(warnings)).size).toBe(0);
    expect(warnings).toEqual([`read rates ${ratesPath(root)}: it is damaged`]);
  },
);

test('holds no more than the streams that are planned', async () => {
  await saveBook();
  const book = new RateBook(root, silentLog, clock);
  await book.load();
  const exchanges = { binance: { symbols: ['ETHUSDT'] } };
  book.keep(planStreams(parseConfig(JSON.stringify({ exchanges }), {})));
  await book.save();
  expect(JSON.parse(await readFile(ratesPath(root), 'utf8')).exchanges).toEqual({ binance: {} });
});
