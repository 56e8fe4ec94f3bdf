import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startOfDayUs } from '../lake/day.ts';
import { silentLog } from '../lake/log.ts';
import type { ArchiveOptions as Defects } from '../tools/simulator/archive.ts';
import { formatDecimal } from '../tools/simulator/decimal.ts';
import { openSimulator, type Simulator } from '../tools/simulator/server.ts';
import { createManualClock } from '../tools/simulator/test-client.ts';
import { createZip } from '../tools/simulator/zip.ts';
import { type ArchiveClient, type ArchiveFile, openArchive } from './archive.ts';
import { archive as venueArchive } from './binance/archive.ts';
import { rest } from './binance/rest.ts';
import { RestError } from './rest-error.ts';
import { readZipLines } from './zip-lines.ts';

const day = '2026-11-19';
const dayEndUs = startOfDayUs('2026-11-20');
const never = new AbortController().signal;
let folder: string;
let simulator: Simulator;
let waits: number[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crypto-lake-archive-'));
  waits = [];
});
afterEach(async () => {
  await simulator?.close();
  await rm(folder, { recursive: true });
});

/** An exchange that opened three minutes before `afterUs` after midnight, when it is asked. */
async function open(defects: Defects = {}, afterUs = 2_000_000): Promise<ArchiveClient> {
  simulator = await openSimulator({
    symbols: ['DOTUSDT'],
    startUs: dayEndUs + afterUs,
    historyMs: 180_000,
    tickMs: 0,
    clock: createManualClock(),
    archive: defects,
  });
  return openArchive({
    exchange: 'binance',
    archive: venueArchive,
    archiveUrl: simulator.archiveUrl,
    tempDir: folder,
    log: silentLog,
    random: () => 0.5,
    async wait(ms, signal) {
      await sleep(1, undefined, { signal });
      waits.push(ms);
    },
  });
}

const collect = <T>(items: AsyncIterable<T>): Promise<T[]> => Readable.from(items).toArray();

async function readAll<Row>(file: ArchiveFile<Row>): Promise<Row[]> {
  if (file.kind === 'absent') throw new Error('the file is absent');
  return collect(file.rows);
}

const readTrades = async (client: ArchiveClient) =>
  readAll(await client.fetchTrades('DOTUSDT', day, never));

const truth = () => simulator.truth.trades('DOTUSDT', 0, dayEndUs);

describe('an archive', () => {
  it('gives the trades of a day as REST gives them, and leaves no file behind', async () => {
    const client = await open();
    const rows = await readTrades(client);
    const { id } = truth()[0]!;
    const { path } = rest.formatTrades('DOTUSDT', id, 1000);
    const answer = await fetch(`${simulator.restUrl}${path}`, { headers: rest.headers });
    const body = Buffer.from(await answer.arrayBuffer());
    const marks = rest.parseTrades(body).filter(({ timeUs }) => timeUs < dayEndUs);
    expect(marks.length).toBeGreaterThan(300);
    expect(rows.map(({ mark }) => mark)).toEqual(marks);
    expect(`[${rows.map(({ json }) => json).join(',')}`).toBe(
      `${body.toString().slice(0, rows.map(({ json }) => json).join(',').length + 1)}`,
    );
    expect(rows).toHaveLength(truth().length);
    expect(await readdir(folder)).toEqual([]);
  });

  it('gives the 1s klines of a day, from the first trade on', async () => {
    const client = await open();
    const klines = await readAll(await client.fetchKlines('DOTUSDT', day, never));
    const expected = simulator.truth.klines('DOTUSDT', '1s', 0, dayEndUs);
    expect(klines.map(({ openUs, close, tradeCount }) => [openUs, close, tradeCount])).toEqual(
      expected.map((one) => [one.openTimeUs, formatDecimal(one.close), one.tradeCount]),
    );
    expect(klines.at(-1)!.openUs).toBe(dayEndUs - 1_000_000);
  });

  it('skips a header, and passes on doubled and missing rows as they are', async () => {
    const client = await open({ header: true, doubleEvery: 100, dropEvery: 7 });
    const ids = (await readTrades(client)).map(({ mark }) => mark.id);
    const expected = truth().flatMap(({ id }, index) => [
      ...((index + 1) % 7 === 0 ? [] : [id]),
      ...((index + 1) % 100 === 0 ? [id] : []),
    ]);
    expect(ids).toEqual(expected);
  });

  it('has no file of a day that is not over, of another symbol, or that was left out', async () => {
    const client = await open({ absent: [`DOTUSDT-1s-${day}.zip`] });
    const absent = { kind: 'absent' };
    expect(await client.fetchTrades('DOTUSDT', '2026-11-20', never)).toEqual(absent);
    expect(await client.fetchTrades('DOTUSDT', '2026-11-18', never)).toEqual(absent);
    expect(await client.fetchTrades('NOSUCH', day, never)).toEqual(absent);
    expect(await client.fetchKlines('DOTUSDT', day, never)).toEqual(absent);
    expect(waits).toEqual([]);
    await simulator.close();
    const early = await open({}, 500_000);
    expect(await early.fetchTrades('DOTUSDT', day, never)).toEqual(absent);
  });

  it('is asked once more where a checksum does not hold', async () => {
    const client = await open({ wrongChecksums: 1 });
    expect(await readTrades(client)).toHaveLength(truth().length);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is not believed where the checksum does not hold twice, and says both', async () => {
    const client = await open({ wrongChecksums: 2 });
    await expect(client.fetchTrades('DOTUSDT', day, never)).rejects.toThrow(
      /^fetch http.*DOTUSDT-trades-2026-11-19\.zip: its sha256 is [0-9a-f]{64}, published is [0-9a-f]{64}\n {2}the exchange may be replacing/,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('is asked again where it fails, and its status is told where it goes on', async () => {
    expect(await readTrades(await open({ failures: 4 }))).toHaveLength(truth().length);
    expect(waits).toEqual([500, 1000, 2000, 4000]);
    await simulator.close();
    const failing = (await open({ failures: 5 })).fetchTrades('DOTUSDT', day, never);
    const error = await failing.then(undefined, (thrown) => thrown);
    expect(error).toBeInstanceOf(RestError);
    expect(error).toMatchObject({ status: 503, retryable: true });
  });

  it('rejects with the cause where nobody answers', async () => {
    const client = await open();
    simulator.faults.cutNetwork();
    await expect(client.fetchTrades('DOTUSDT', day, never)).rejects.toThrow(
      /\.zip: (other side closed|read ECONNRESET)\n {2}check the network/,
    );
  });

  it('gives up a download that stands still, and leaves nothing of it', async () => {
    const standing = createServer((request, response) => {
      if (request.url!.endsWith('.CHECKSUM')) response.end(`${'0'.repeat(64)}  file.zip\n`);
      else response.writeHead(200, { 'Content-Length': 1000 }).write('half');
    }).listen(0, '127.0.0.1');
    await once(standing, 'listening');
    const client = openArchive({
      exchange: 'binance',
      archive: venueArchive,
      archiveUrl: `http://127.0.0.1:${(standing.address() as AddressInfo).port}`,
      tempDir: folder,
      log: silentLog,
      random: () => 0.5,
      wait: () => Promise.resolve(),
      stallAfterMs: 50,
    });
    await expect(client.fetchTrades('DOTUSDT', day, never)).rejects.toThrow(
      /DOTUSDT-trades-2026-11-19\.zip: no data for 0\.05 s\n/,
    );
    expect(await readdir(folder)).toEqual([]);
    standing.closeAllConnections();
    standing.close();
  });

  it('stops when told to, and leaves no file of what was not read to its end', async () => {
    const client = await open();
    const file = await client.fetchTrades('DOTUSDT', day, never);
    if (file.kind === 'absent') throw new Error('absent');
    expect(await readdir(folder)).toHaveLength(1);
    for await (const _ of file.rows) break;
    expect(await readdir(folder)).toEqual([]);
    const abort = new AbortController();
    const asked = client.fetchTrades('DOTUSDT', day, abort.signal);
    abort.abort(new Error('stopped'));
    await expect(asked).rejects.toThrow('stopped');
    expect(await readdir(folder)).toEqual([]);
  });

  it('publishes the running day early where it is told to, and never changes it', async () => {
    const client = await open({ publishAfterMs: -86_400_000 });
    const running = await client.fetchTrades('DOTUSDT', '2026-11-20', never);
    const again = await client.fetchTrades('DOTUSDT', '2026-11-20', never);
    const rows = await readAll(running);
    expect(rows.map(({ mark }) => mark.id)).toEqual(
      simulator.truth.trades('DOTUSDT', dayEndUs, dayEndUs + 1_000_000).map(({ id }) => id),
    );
    expect(await readAll(again)).toEqual(rows);
  });
});

describe('rows', () => {
  it('are read with either unit of time and either spelling of flags', () => {
    const row = venueArchive.formatTradeRow(
      '51175358,17.80180000,5.69000000,101.29224200,1735689600010866,True,false',
    );
    expect(row?.mark).toEqual({ id: 51175358, timeUs: 1735689600010866 });
    expect(JSON.parse(row!.json)).toEqual({
      id: 51175358,
      price: '17.80180000',
      qty: '5.69000000',
      quoteQty: '101.29224200',
      time: 1735689600010866,
      isBuyerMaker: true,
      isBestMatch: false,
    });
    const before2025 = venueArchive.formatTradeRow('1,2,3,6,1700000000123,true,True');
    expect(before2025?.mark).toEqual({ id: 1, timeUs: 1700000000123000 });
    const kline =
      '1735689601000000,0.316,0.317,0.315,0.31601,17.0,1735689601999999,5.37,5,16.0,5.3,0';
    expect(venueArchive.parseKlineRow(kline)).toEqual({
      openUs: 1735689601000000,
      open: '0.316',
      high: '0.317',
      low: '0.315',
      close: '0.31601',
      volumeBase: '17.0',
      volumeQuote: '5.37',
      tradeCount: 5,
      takerBuyBase: '16.0',
      takerBuyQuote: '5.3',
    });
  });

  it.each([
    '',
    '1,2,3,6',
    '1,2e-7,3,6,1700000000123,true,True',
    '1,2,3,6,17000,true,True',
    '<html>',
  ])('other than the documented ones are refused: %o', (line) => {
    expect(() => venueArchive.formatTradeRow(line)).toThrow(/^not a row of the archive: "/);
    expect(() => venueArchive.parseKlineRow(line)).toThrow(/^not a row of the archive: "/);
  });
});

describe('a zip', () => {
  async function store(bytes: Buffer): Promise<string> {
    const path = join(folder, 'file.zip');
    await writeFile(path, bytes);
    return path;
  }
  async function* give(text: string) {
    yield text;
  }

  it('gives its lines whole, however long it is and whatever ends them', async () => {
    const lines = Array.from(
      { length: 50_000 },
      (_, index) => `${index},${'x'.repeat(index % 50)}`,
    );
    for (const [end, last] of [
      ['\n', '\n'],
      ['\r\n', ''],
    ] as const) {
      const path = await store(await createZip('a.csv', give(lines.join(end) + last)));
      expect((await collect(readZipLines(path))).flat()).toEqual(lines);
    }
  });

  it('that is cut or changed is refused', async () => {
    const zip = await createZip('a.csv', give('1,2\n'.repeat(10_000)));
    const cut = collect(readZipLines(await store(zip.subarray(0, zip.length - 30))));
    await expect(cut).rejects.toThrow();
    const data = deflateRawSync(Buffer.from('3,4\n'.repeat(9999)), { level: 1 });
    const changed = Buffer.from(zip);
    data.copy(changed, zip.indexOf('a.csv') + 'a.csv'.length);
    await expect(collect(readZipLines(await store(changed)))).rejects.toThrow();
  });
});
