// What must not happen to the server: nobody gets in without the token, nothing is asked for by a page of another site,
// and whatever is sent, the server is up afterwards and answers.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openServedLake, type ServedLake } from './web-lake.ts';

const token = 'canary-token-of-the-api';
const withToken = { authorization: `Bearer ${token}` };
const json = { 'content-type': 'application/json' };

let lake: ServedLake;
beforeAll(async () => {
  lake = await openServedLake({ token, sql_seconds: 1, sql_memory_limit: '100MB' });
});
afterAll(() => lake.close());

const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  lake.get(path, { method: 'POST', body, headers: { ...json, ...headers } });
/** Sends bytes as they are: `fetch` sets some headers by itself. */
async function send(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(lake.server.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(bytes);
  return text(socket);
}
const isUp = async () => (await lake.get('/api/symbols', { headers: withToken })).status;

describe('access', () => {
  const wrong = { authorization: `Bearer ${token.replace('api', 'apj')}` };
  it.each([
    '/api/symbols',
    '/api/bars?symbol=BTCUSDT&interval=1m',
    '/api/stream?symbol=BTCUSDT&interval=1s',
    '/api/health',
    '/openapi.json',
    '/metrics',
    `/api/symbols?token=${token}`,
  ])('to %s takes the token', async (path) => {
    expect((await lake.get(path)).status).toBe(401);
    expect((await lake.get(path, { headers: wrong })).status).toBe(401);
    const cookie = { cookie: `crypto_lake_session=${token}` };
    expect((await lake.get(path, { headers: cookie })).status).toBe(401);
  });

  it('to SQL takes the token', async () => {
    expect((await lake.postSql('SELECT 1')).status).toBe(401);
    expect((await lake.postSql('SELECT 1', '', { headers: wrong })).status).toBe(401);
  });

  it('is had by a browser that logs in, until it logs out', async () => {
    const page = await lake.get('/', { redirect: 'manual' });
    expect([page.status, page.headers.get('location')]).toEqual([303, '/login.html']);
    expect((await lake.get('/login.html')).status).toBe(200);
    expect((await post('/login', '{"token":"nonsense"}')).status).toBe(401);
    const login = await post('/login', JSON.stringify({ token }), { 'x-forwarded-proto': 'https' });
    const [cookie = ''] = login.headers.getSetCookie();
    expect(cookie).toMatch(
      /^crypto_lake_session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(cookie).not.toContain(token);
    const headers = { cookie: cookie.split(';')[0]! };
    expect((await lake.get('/api/symbols', { headers })).status).toBe(200);
    expect((await lake.get('/', { headers, redirect: 'manual' })).status).toBe(200);
    const stream = await lake.get('/api/stream?symbol=BTCUSDT&interval=1s', { headers });
    expect(stream.status).toBe(200);
    await stream.body!.cancel();
    expect((await post('/logout', '{}', headers)).status).toBe(204);
    expect((await lake.get('/api/symbols', { headers })).status).toBe(401);
  });

  it('is not had by guessing', async () => {
    const codes = [];
    for (let i = 0; i < 6; i++) codes.push((await post('/login', '{"token":"guess"}')).status);
    expect(codes.at(-1)).toBe(429);
    expect((await post('/login', JSON.stringify({ token }))).status).toBe(429);
    expect(await isUp()).toBe(200);
  });
});

describe('a page of another site', () => {
  it.each([
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' },
    { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ])('that sends %j has nothing asked for', async (headers) => {
    const sent = { ...withToken, ...headers } as Record<string, string>;
    expect((await lake.get('/api/symbols', { headers: sent })).status).toBe(403);
    expect((await lake.postSql('SELECT 1', '', { headers: sent })).status).toBe(403);
    expect((await post('/logout', '{}', sent)).status).toBe(403);
  });

  it('can link to a page here', async () => {
    const head = 'host: 127.0.0.1\r\nsec-fetch-site: cross-site\r\nsec-fetch-mode: navigate';
    const end = 'connection: close\r\n\r\n';
    expect(await send(`GET /login.html HTTP/1.1\r\n${head}\r\n${end}`)).toMatch(/^HTTP\/1.1 200 /);
    expect(await send(`POST /logout HTTP/1.1\r\n${head}\r\n${end}`)).toMatch(/^HTTP\/1.1 403 /);
  });

  it('cannot send SQL as a form', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const headers = { ...withToken, 'content-type': type };
      const answer = await lake.postSql('SELECT 1', '', { headers });
      expect([type, answer.status]).toEqual([type, 415]);
    }
  });
});

describe('whatever is sent', () => {
  it.each([
    ['nothing', '', 400],
    ['no JSON', '{"sql":', 400],
    ['JSON without end', '['.repeat(60_000), 400],
    ['JSON nested deep', `${'['.repeat(30_000)}${']'.repeat(30_000)}`, 400],
    ['a prototype', '{"__proto__":{"sql":"SELECT 1"}}', 400],
    ['other keys', '{"sql":"SELECT 1","file":"/etc/passwd"}', 400],
    ['no text', '{"sql":{"toString":1}}', 400],
    ['too much', JSON.stringify({ sql: 'x'.repeat(70_000) }), 413],
  ])('as SQL, %s is refused', async (_what, body, status) => {
    const answer = await post('/api/sql', body, withToken);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({ status, error: expect.any(String) });
  });

  it('a query that never ends is stopped, and the next one answered', async () => {
    const endless = 'SELECT count(*) FROM range(10000000000) a, range(1000) b';
    const stopped = await lake.postSql(endless, '', { headers: withToken });
    expect([stopped.status, ((await stopped.json()) as { error: string }).error]).toEqual([
      422,
      'stopped after 1 s: ask for less, or raise web.sql_seconds',
    ]);
    const gone = new AbortController();
    const left = lake.postSql(endless, '', { headers: withToken, signal: gone.signal });
    setImmediate(() => gone.abort());
    await expect(left).rejects.toThrow();
    expect((await lake.postSql('SELECT 1', '', { headers: withToken })).status).toBe(200);
  });

  it('a query that wants all memory gets none of the server’s', async () => {
    const greedy = "SELECT list(repeat('x', 1000) || a.range) FROM range(100000000) a";
    const answer = await lake.postSql(greedy, '', { headers: withToken });
    expect([400, 422, 503]).toContain(answer.status);
    expect(await isUp()).toBe(200);
    expect((await lake.postSql('SELECT 1', '', { headers: withToken })).status).toBe(200);
  });

  it('a thousand connections leave it up', async () => {
    const { port } = new URL(lake.server.url);
    const sockets: Socket[] = [];
    const closed: Promise<unknown>[] = [];
    for (let i = 0; i < 1000; i++) {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => {});
      closed.push(once(socket, 'close'));
      sockets.push(socket);
    }
    // Those beyond what is served at a time are closed by the server.
    await Promise.race(closed);
    for (const socket of sockets) socket.destroy();
    await Promise.all(closed);
    expect(await isUp()).toBe(200);
  });
});
