import { once } from 'node:events';
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { openSystemClock } from '../../lake/clock.ts';
import { parseConfig } from '../../lake/config.ts';
import { ConfigError } from '../../lake/errors.ts';
import { openReceiver } from '../../tests/alert-receiver.ts';
import { sendTestAlert } from '../alerting/test-alert.ts';
import { check } from './check.ts';
import { formatFindings } from './finding.ts';

let root: string;
let server: Server;
let port: number;
let answer: { status: number; body: string };
let answerSymbol: (symbol: string) => typeof answer;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'crypto-lake-check-'));
  answer = { status: 200, body: JSON.stringify({ serverTime: Date.now() }) };
  answerSymbol = () => answer;
  server = createServer((request, response) => {
    const symbol = new URL(request.url ?? '/', 'http://x').searchParams.get('symbol');
    const { status, body } = symbol === null ? answer : answerSymbol(symbol);
    response.writeHead(status).end(body);
  });
  new WebSocketServer({ server });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function makeConfig(more: Record<string, string> = {}) {
  return parseConfig('', {
    CRYPTO_LAKE_ROOT: root,
    CRYPTO_LAKE_EXCHANGES__BINANCE__WS_URL: `ws://127.0.0.1:${port}`,
    CRYPTO_LAKE_EXCHANGES__BINANCE__REST_URL: `http://127.0.0.1:${port}`,
    CRYPTO_LAKE_EXCHANGES__BINANCE__ARCHIVE_URL: `http://127.0.0.1:${port}`,
    ...more,
  });
}

async function find(name: string, more: Record<string, string> = {}) {
  const findings = await check(makeConfig(more), openSystemClock(), 300);
  return findings.find((finding) => finding.name === name);
}

describe('check', () => {
  it('finds nothing wrong where nothing is, and leaves nothing behind', async () => {
    const findings = await check(makeConfig(), openSystemClock(), 5000);
    expect(findings.map(({ name }) => name)).toEqual([
      'configuration',
      'root',
      'free space',
      'binance websocket',
      'binance rest',
      'clock',
      'binance symbols',
      'binance archive',
    ]);
    expect(findings.filter(({ level }) => level === 'fail')).toEqual([]);
    expect(findings[0]?.detail).toBe('26 streams of 13 symbols on binance');
    expect(await readdir(root)).toEqual([]);
  });

  it('warns of a clock more than a second off, and says which way', async () => {
    answer.body = JSON.stringify({ serverTime: Date.now() + 5000 });
    expect(await find('clock')).toMatchObject({
      level: 'warn',
      detail: expect.stringMatching(/^(4|5)\.\d+ s behind binance's; let the machine keep .* NTP/),
    });
  });

  it.each([
    [429, '{"code":-1003}', 'status 429 Too Many Requests'],
    [200, '{"code":0}', 'no serverTime in the answer'],
    [200, '<html>', 'JSON'],
  ])('fails on a REST answer %s %s', async (status, body, reason) => {
    answer = { status, body };
    const finding = await find('binance rest');
    expect(finding).toMatchObject({ level: 'fail', detail: expect.stringContaining(reason) });
    expect(await find('clock')).toBeUndefined();
  });

  it('fails where nobody listens, and says why', async () => {
    const nobody = `127.0.0.1:${port}`;
    await new Promise((resolve) => server.close(resolve));
    const urls = {
      CRYPTO_LAKE_EXCHANGES__BINANCE__WS_URL: `ws://${nobody}`,
      CRYPTO_LAKE_EXCHANGES__BINANCE__REST_URL: `http://${nobody}`,
    };
    for (const name of ['binance websocket', 'binance rest']) {
      expect(await find(name, urls)).toMatchObject({
        level: 'fail',
        detail: expect.stringContaining('ECONNREFUSED'),
      });
    }
  });

  it('only warns where the archive does not answer, and says what it is for', async () => {
    const closed = createTcpServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const url = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`;
    await new Promise((resolve) => closed.close(resolve));
    const nobody = { CRYPTO_LAKE_EXCHANGES__BINANCE__ARCHIVE_URL: url };
    expect(await find('binance archive', nobody)).toMatchObject({
      level: 'warn',
      detail: expect.stringMatching(
        /does not answer: .*ECONNREFUSED.*; trades that REST no longer/,
      ),
    });
    answer.status = 503;
    expect(await find('binance archive')).toMatchObject({
      level: 'warn',
      detail: expect.stringContaining('answers with status 503'),
    });
    answer.status = 404;
    expect(await find('binance archive')).toMatchObject({
      level: 'ok',
      detail: expect.stringMatching(/answers, without BTCUSDT of \d{4}-\d{2}-\d{2}$/),
    });
  });

  it('fails for symbols the exchange does not have, and names them all', async () => {
    const refusal = { code: -1121, msg: 'Invalid symbol.' };
    answerSymbol = (symbol) =>
      symbol === 'BTCUSDT'
        ? { status: 200, body: '[]' }
        : { status: 400, body: JSON.stringify(refusal) };
    const symbols = (list: string) => ({ CRYPTO_LAKE_EXCHANGES__BINANCE__SYMBOLS: list });
    expect(await find('binance symbols', symbols('BTCUSDT'))).toMatchObject({ level: 'ok' });
    expect(await find('binance symbols', symbols('BTCUSDT,NOPEUSDT,XUSDT'))).toMatchObject({
      level: 'fail',
      detail:
        'refuses NOPEUSDT: Invalid symbol. (-1121), XUSDT: Invalid symbol. (-1121); ' +
        'see exchanges.binance.symbols',
    });
    answerSymbol = () => ({ status: 503, body: '' });
    expect(await find('binance symbols', symbols('BTCUSDT'))).toMatchObject({
      level: 'warn',
      detail: 'does not say whether it has BTCUSDT: status 503',
    });
  });

  it('does not wait for a server that never answers', async () => {
    const silent = createTcpServer().listen(0, '127.0.0.1');
    const address = await new Promise<string>((resolve) =>
      silent.once('listening', () =>
        resolve(`127.0.0.1:${(silent.address() as AddressInfo).port}`),
      ),
    );
    const urls = {
      CRYPTO_LAKE_EXCHANGES__BINANCE__WS_URL: `ws://${address}`,
      CRYPTO_LAKE_EXCHANGES__BINANCE__REST_URL: `http://${address}`,
    };
    expect(await find('binance websocket', urls)).toMatchObject({ level: 'fail' });
    expect(await find('binance rest', urls)).toMatchObject({ level: 'fail' });
    silent.close();
  });

  it('sends a test alert where it is asked to, and says what the receiver answered', async () => {
    const receiver = await openReceiver('/services/canary-path-of-the-hook');
    const url = { CRYPTO_LAKE_ALERTING__WEBHOOK_URL: receiver.url };
    const { host } = new URL(receiver.url);
    const send = (more: Record<string, string>) =>
      sendTestAlert(makeConfig(more), openSystemClock(), 5000);
    expect(await send(url)).toMatchObject({
      isGood: true,
      detail: expect.stringMatching(new RegExp(`^${host} took a test: status 200 in \\d+ ms$`)),
    });
    expect(receiver.received).toMatchObject([
      { status: 'test', text: expect.stringContaining('test') },
    ]);
    receiver.answer = { status: 403, body: 'invalid_token' };
    expect(await send(url)).toEqual({
      isGood: false,
      detail: `${host} did not take a test: status 403 (invalid_token); check alerting.webhook_url`,
    });
    expect(await send({})).toMatchObject({
      isGood: false,
      detail: expect.stringContaining('is not set'),
    });
    await receiver.close();
  });

  it('fails on a root that cannot be written', async () => {
    await writeFile(join(root, 'file'), '');
    const more = { CRYPTO_LAKE_ROOT: join(root, 'file', 'lake') };
    expect(await find('root', more)).toMatchObject({
      level: 'fail',
      detail: expect.stringMatching(/cannot be written: ENOTDIR.*; make it writable/),
    });
  });

  it('makes no root: says that it is not there, and on which disk it would lie', async () => {
    const lake = join(root, 'not', 'mounted');
    const copy = await mkdtemp(join(tmpdir(), 'crypto-lake-check-copy-'));
    const more = { CRYPTO_LAKE_ROOT: lake, CRYPTO_LAKE_FOLDER__PATH: copy };
    expect(await find('root', more)).toMatchObject({
      level: 'warn',
      detail: expect.stringMatching(
        `^${lake} does not exist yet; ${root} can be written, .* on the disk mounted at /`,
      ),
    });
    expect(await find('folder store', more)).toMatchObject({ level: 'ok' });
    expect(await readdir(root)).toEqual([]);
  });

  it('says that a root is a file, beside what it finds of the stores', async () => {
    const path = join(root, 'file');
    await writeFile(path, '');
    const copy = await mkdtemp(join(tmpdir(), 'crypto-lake-check-copy-'));
    const more = { CRYPTO_LAKE_ROOT: path, CRYPTO_LAKE_FOLDER__PATH: copy };
    expect(await find('root', more)).toMatchObject({
      level: 'fail',
      detail: expect.stringMatching(/cannot be written: .*file is not a folder; make it/),
    });
    expect(await find('folder store', more)).toMatchObject({ level: 'ok' });
  });

  it('reports every exchange and channel that does not exist as wrong configuration', async () => {
    const text = 'exchanges: { binance: { channels: [trades] }, kraken: {} }';
    const failing = check(parseConfig(text, {}), openSystemClock(), 300);
    const error = await failing.then(undefined, (thrown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).problems).toHaveLength(2);
  });
});

it('prints a table with its columns below each other', () => {
  const table = formatFindings([
    { level: 'ok', name: 'root', detail: 'fine' },
    { level: 'warn', name: 'free space', detail: 'low' },
  ]);
  expect(table).toBe('ok    root        fine\nwarn  free space  low\n');
});
