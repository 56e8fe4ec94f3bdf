import { subscribe } from 'node:diagnostics_channel';
import { EventEmitter, once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../collector/fake-clock.ts';
import { parseConfig } from '../../lake/config.ts';
import { heartbeatPath } from '../../lake/layout.ts';
import { silentLog } from '../../lake/log.ts';
import { fullInputs } from '../../tests/metric-inputs.ts';
import { openWebServer, type WebServer } from './server.ts';

const token = 'canary-token-of-the-web';
const heartbeat = fullInputs.heartbeat!;

const processLog = { ...silentLog, relay() {}, close: async () => {} };
let root: string;
let clock: FakeClock;
let server: WebServer;
let errors: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'web-'));
  clock = new FakeClock(new Date(fullInputs.nowMs).toISOString());
  errors = [];
  await writeHeartbeat(heartbeat);
});
afterEach(async () => {
  await server.close();
  await rm(root, { recursive: true });
});

async function writeHeartbeat(content: object): Promise<void> {
  await mkdir(dirname(heartbeatPath(root)), { recursive: true });
  await writeFile(heartbeatPath(root), JSON.stringify(content));
}

async function start(web: object = {}): Promise<void> {
  const config = parseConfig(JSON.stringify({ root, web: { port: 0, ...web } }), {});
  const log = { ...processLog, error: (message: string) => void errors.push(message) };
  server = await openWebServer({ config, clock, log });
}

const subscription = new EventEmitter();
subscribe('http.server.request.start', (message) => subscription.emit('request', message));

const get = (path: string, init: RequestInit = {}) => fetch(`${server.url}${path}`, init);
const withToken = (given: string) => ({ headers: { authorization: `Bearer ${given}` } });

/** Sends bytes as they are, and gives back all that comes until the other side ends. */
async function send(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(bytes);
  return text(socket);
}

describe('health', () => {
  it('is 200 while the heartbeat is fresh and not unhealthy, 503 else', async () => {
    await start();
    const ask = async () => {
      const answer = await get('/health');
      return { code: answer.status, body: await answer.json() };
    };
    expect(await ask()).toMatchObject({ code: 200, body: { status: 'degraded', heartbeat } });
    await writeHeartbeat({ ...heartbeat, status: 'unhealthy' });
    expect(await ask()).toMatchObject({ code: 503, body: { status: 'unhealthy' } });
    await writeHeartbeat({ ...heartbeat, status: 'healthy', problems: [] });
    expect(await ask()).toMatchObject({ code: 200, body: { status: 'healthy' } });
    clock.advance(3 * 60_000);
    expect(await ask()).toMatchObject({
      code: 503,
      body: { status: 'unhealthy', verdict: expect.stringContaining('heartbeat has stopped') },
    });
    await rm(heartbeatPath(root));
    expect(await ask()).toMatchObject({
      code: 503,
      body: { status: 'unhealthy', heartbeat: null },
    });
  });
});

describe('with a token', () => {
  it('shows who brings none the word of a load balancer, and nothing else', async () => {
    await start({ token });
    const open = await get('/health');
    expect([open.status, await open.json()]).toEqual([200, { status: 'degraded' }]);
    for (const path of ['/metrics', '/nothing', '/health/', `/metrics?token=${token}`]) {
      const answer = await get(path);
      expect([path, answer.status]).toEqual([path, 401]);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
    for (const [path, location] of [
      ['/', '/login.html'],
      [`/?token=${token}`, '/login.html'],
      ['/sql.html', '/login.html?next=%2Fsql.html'],
      [
        `/?symbol=ETHUSDT&interval=1s&token=${token}&a=//evil.example`,
        '/login.html?next=%2F%3Fsymbol%3DETHUSDT%26interval%3D1s',
      ],
    ] as const) {
      const answer = await get(path, { redirect: 'manual' });
      expect([path, answer.status, answer.headers.get('location')]).toEqual([path, 303, location]);
    }
    for (const path of ['/login.html', '/assets/login-page.js', '/assets/base.css']) {
      expect([path, (await get(path)).status]).toEqual([path, 200]);
    }
    for (const path of ['/', '/metrics', '/health']) {
      expect((await get(path, withToken('canary-token-of-the-wed'))).status).toBe(401);
      expect((await get(path, withToken(token))).status).toBe(200);
    }
  });

  it('never repeats what was sent', async () => {
    await start({ token });
    const sent = 'canary-in-the-request';
    const answers = [
      await (await get(`/${sent}?a=${sent}`, withToken(token))).text(),
      await (await get(`/metrics/${sent}`, withToken(sent))).text(),
      await send(`GET /%${sent} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`),
      await send(`${sent}\r\n\r\n`),
    ];
    for (const answer of answers) expect(answer).not.toContain(sent);
  });
});

describe('without a token', () => {
  it('does not answer a page of another site, whose name leads here', async () => {
    await start();
    const ask = (host: string) =>
      send(`GET /metrics HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
    expect(await ask('rebound.example:8080')).toMatch(/^HTTP\/1.1 403 /);
    expect(await ask('127.0.0.1:8080')).toMatch(/^HTTP\/1.1 200 /);
  });
});

describe('every answer', () => {
  it('says what is wrong as JSON, and lets a browser do nothing but show it', async () => {
    await start();
    const answers: [Response, number][] = [
      [await get('/'), 200],
      [await get('/metrics', { method: 'HEAD' }), 200],
      [await get('/nothing'), 404],
      [await get('/health/../../etc/passwd'), 404],
      [await get('/metrics', { method: 'POST' }), 405],
      [await get('/', { method: 'DELETE' }), 405],
      [await get('/%zz'), 400],
      [await get('/', { method: 'POST', body: 'x'.repeat(100_000) }), 405],
      [
        await get('/login', {
          method: 'POST',
          body: JSON.stringify('x'.repeat(2000)),
          headers: { 'content-type': 'application/json' },
        }),
        413,
      ],
      [await get('/login', { method: 'POST', body: '{' }), 415],
    ];
    for (const [answer, status] of answers) {
      expect([answer.url, answer.status]).toEqual([answer.url, status]);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
      expect(answer.headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; script-src 'self'; style-/,
      );
      if (status < 400) continue;
      expect(await answer.json()).toEqual({ status, error: expect.any(String) });
    }
    expect(answers[4]![0].headers.get('allow')).toBe('GET, HEAD');
    expect(errors).toEqual([]);
  });

  it('is JSON even where the request is no HTTP, or too large', async () => {
    await start();
    const wrong = await send('NONSENSE\r\n\r\n');
    expect(wrong).toMatch(/^HTTP\/1.1 400 bad request\r\n/);
    expect(wrong).toContain('x-content-type-options: nosniff');
    expect(JSON.parse(wrong.split('\r\n\r\n')[1]!)).toMatchObject({ status: 400 });
    const large = `GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ${'y'.repeat(9000)}\r\n\r\n`;
    expect(await send(large)).toMatch(/^HTTP\/1.1 431 /);
  });

  it('is short where the browser has the file already, and never kept where it holds data', async () => {
    await start();
    const first = await get('/assets/chart-page.js');
    const etag = first.headers.get('etag')!;
    expect(first.headers.get('cache-control')).toBe('no-cache');
    expect(first.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    const again = await get('/assets/chart-page.js', { headers: { 'if-none-match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    const other = await get('/', { headers: { 'if-none-match': etag } });
    expect([other.status, other.headers.get('content-type')]).toEqual([
      200,
      'text/html; charset=utf-8',
    ]);
    for (const path of [
      '/assets/',
      '/assets/../server.ts',
      '/assets/..%2fserver.ts',
      '/chart.html',
    ]) {
      expect([path, (await get(path)).status]).toEqual([path, 404]);
    }
    expect((await get('/api/health')).headers.get('cache-control')).toBe('no-store');
  });

  it('is a refusal for an address that asks too often, and says when to ask again', async () => {
    await start({ token });
    const codes: number[] = [];
    for (let i = 0; i < 101; i++) codes.push((await get('/metrics')).status);
    expect(codes).toEqual([...Array(100).fill(401), 429]);
    const refused = await get('/health', withToken(token));
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    clock.advance(1000);
    expect((await get('/health', withToken(token))).status).toBe(200);
  });
});

describe('the server', () => {
  it('says which address it cannot have, and what to do', async () => {
    await start();
    const { port } = new URL(server.url);
    const config = parseConfig(JSON.stringify({ root, web: { port: Number(port) } }), {});
    await expect(openWebServer({ config, clock, log: processLog })).rejects.toThrow(
      `listen on 127.0.0.1 port ${port}: the address is in use\n  set web.host and web.port`,
    );
  });

  it('closes at once where connections are kept open for nothing', async () => {
    await start();
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write('GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n');
    await once(socket, 'data');
    const closed = once(socket, 'close');
    await server.close();
    await closed;
  });

  it('ends a request that never comes to its end', async () => {
    await start();
    const limits = { requestWithinMs: 200, checkEveryMs: 50, readWithinMs: 60_000 };
    const config = parseConfig(JSON.stringify({ root, web: { port: 0 } }), {});
    await server.close();
    server = await openWebServer({ config, clock, log: processLog, limits });
    expect(await send('GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ')).toMatch(/^HTTP\/1.1 408 /);
  });

  it('leaves who asks and does not take the answer', async () => {
    await start();
    await server.close();
    const limits = { requestWithinMs: 10_000, checkEveryMs: 5000, readWithinMs: 100 };
    const config = parseConfig(JSON.stringify({ root, web: { port: 0 } }), {});
    server = await openWebServer({ config, clock, log: processLog, limits });
    const started = once(subscription, 'request') as Promise<[{ socket: Socket }]>;
    const deaf = connect(Number(new URL(server.url).port), '127.0.0.1').pause();
    deaf.on('error', () => {});
    // More than the sockets of both sides take without a reader.
    const ask = 'GET /assets/lightweight-charts.js HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n';
    deaf.write(ask.repeat(100));
    const [{ socket }] = await started;
    await once(socket, 'close');
    deaf.destroy();
  });
});
