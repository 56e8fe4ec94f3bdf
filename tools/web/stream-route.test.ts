import { once } from 'node:events';
import { request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';
import { expect, it } from 'vitest';
import type { WebContext } from './app.ts';
import { addStreamRoute } from './stream-route.ts';

it('gives back the place of a client that goes before it is answered', async () => {
  const app = fastify();
  const asked = Promise.withResolvers<AbortSignal>();
  const found = Promise.withResolvers<{ body: Buffer }>();
  const instruments = Buffer.from('[{"exchange":"binance","symbol":"BTCUSDT"}]');
  const data = {
    async ask(_question: unknown, signal: AbortSignal) {
      asked.resolve(signal);
      return found.promise;
    },
  };
  const hub = { follow: () => () => {}, close() {} };
  const config = { web: { max_streams: 1 } };
  addStreamRoute(app, { config, data, hub } as unknown as WebContext);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/api/stream?symbol=BTCUSDT&interval=1s`;

  const gone = ask(url).on('error', () => {});
  gone.end();
  const signal = await asked.promise;
  expect((await fetch(url)).status).toBe(503);
  gone.destroy();
  await once(signal, 'abort');
  // It was found all the same.
  found.resolve({ body: instruments });
  const stream = await fetch(url);
  expect(stream.status).toBe(200);
  await stream.body!.cancel();
  await app.close();
});
